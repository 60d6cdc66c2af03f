import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A destination that accepts every event, and reports their ages on demand. */
let ages: number[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { time } = JSON.parse(Buffer.concat(chunks).toString()) as { time: string };
    ages.push(Date.now() - Date.parse(time));
    response.writeHead(204).end();
  });
});
process.on('message', () => {
  process.send!(ages);
  ages = [];
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
