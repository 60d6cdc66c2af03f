// A program that uses the official SDK, as any user of it would: run by Node itself and not by Jest, with the development
// certificate's authority in NODE_EXTRA_CA_CERTS. It calls the methods it is told to and sends back what came of them.
import { ManagementClient, ManagementError } from 'auth0';

const client = new ManagementClient(JSON.parse(process.argv[2]));

process.on('message', async ({ id, path, args }) => {
  try {
    const isRaw = path.at(-1) === 'withRawResponse';
    if (isRaw) path.pop();
    const method = path.pop();
    const resource = path.reduce((parent, name) => parent[name], client);
    const call = resource[method](...args);
    process.send({ id, value: isRaw ? await withHeaders(call) : await wholeOf(await call) });
  } catch (error) {
    if (!(error instanceof ManagementError)) throw error;
    const { name, statusCode, body } = error;
    process.send({ id, error: { name, statusCode, body } });
  }
});
process.send('ready');

async function withHeaders(call) {
  const { data, rawResponse } = await call.withRawResponse();
  return { data, headers: Object.fromEntries(rawResponse.headers) };
}

/** A list comes page by page; `for await` fetches the pages. */
async function wholeOf(result) {
  if (result?.[Symbol.asyncIterator] === undefined) return result;
  const rows = [];
  for await (const row of result) rows.push(row);
  return rows;
}
