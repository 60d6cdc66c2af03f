import type { Random } from './random.js';

interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Buffer;
}

const PART_BROKEN = 0.03;
const SMUGGLED = 'DELETE /api/v2/organizations/org_0000000000000000 HTTP/1.1\r\nHost: a\r\n\r\n';

/** The bytes of a request as HTTP/1.1 has it, and now and then otherwise. */
export function framed(random: Random, request: Request): { bytes: Buffer; isBroken: boolean } {
  if (!random.chance(PART_BROKEN))
    return { bytes: random.chance(0.1) ? chunked(random, request) : sized(request), isBroken: false };
  return { bytes: broken(random, request), isBroken: true };
}

const lineOf = ({ method, target }: Request, version = 'HTTP/1.1') => `${method} ${target} ${version}`;

/** Latin 1, as headers are read. */
const head = (lines: readonly string[]) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');

const linesOf = ({ headers }: Request) => ['Host: 127.0.0.1', ...headers.map(([name, value]) => `${name}: ${value}`)];

function sized(request: Request, length = request.body?.length): Buffer {
  const lengths = length === undefined ? [] : [`Content-Length: ${length}`];
  return Buffer.concat([head([lineOf(request), ...linesOf(request), ...lengths]), request.body ?? Buffer.alloc(0)]);
}

function chunked(random: Random, request: Request, end = '0\r\n\r\n'): Buffer {
  const body = request.body ?? Buffer.alloc(0);
  const parts: Buffer[] = [head([lineOf(request), ...linesOf(request), 'Transfer-Encoding: chunked'])];
  const step = Math.max(1, random.of([Math.ceil(body.length / 3), body.length]));
  for (let at = 0; at < body.length; at += step) {
    const piece = body.subarray(at, at + step);
    parts.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from(end)]);
}

function broken(random: Random, request: Request): Buffer {
  const whole = sized(request);
  const lines = linesOf(request);
  const body = request.body ?? Buffer.from('{}');
  const line = lineOf(request);
  const withHead = (...more: string[]) => Buffer.concat([head([line, ...lines, ...more]), body]);
  const cases: (() => Buffer)[] = [
    // Cut off in the middle; the client closes.
    () => whole.subarray(0, random.below(whole.length)),
    () => sized(request, body.length + 10),
    () => sized(request, Math.max(0, body.length - 1)),
    () => sized({ ...request, body: Buffer.concat([body, Buffer.from(SMUGGLED)]) }, body.length),
    () => withHead('Content-Length: -1'),
    () => withHead('Content-Length: 1e3'),
    () => withHead('Content-Length: 99999999999999999999'),
    () => withHead(`Content-Length: ${body.length}`, 'Content-Length: 0'),
    () => withHead(`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'),
    () => withHead('Transfer-Encoding: chunked', `Content-Length: ${body.length}`),
    () => withHead('Transfer-Encoding: chunked, identity'),
    () => withHead('Transfer-Encoding: xchunked'),
    () => withHead('Transfer-Encoding : chunked'),
    () => withHead('Transfer-Encoding: gzip, chunked'),
    () => chunked(random, request, 'zz\r\n'),
    () => chunked(random, request, '-1\r\n\r\n'),
    () => chunked(random, request, 'ffffffffffffffff\r\na'),
    () => chunked(random, request, `0;${'a'.repeat(20_000)}\r\n\r\n`),
    () => chunked(random, request, '0\r\nAuthorization: Bearer a\r\n__proto__: b\r\n\r\n'),
    () => chunked(random, request, '0\r\n'),
    () => head([line, 'Host: a', 'Host: b', ...lines]),
    () => head([line]),
    () => head([lineOf(request, 'HTTP/1.0'), ...lines]),
    () => head([lineOf(request, 'HTTP/2.0')]),
    () => head([lineOf(request, 'HTTP/9.9')]),
    () => head([lineOf(request, 'http/1.1'), ...lines]),
    () => head([`${request.method}  ${request.target}`, ...lines]),
    () => head([`GET http://evil.example/api/v2/organizations HTTP/1.1`, ...lines]),
    () => head([`GET * HTTP/1.1`, ...lines]),
    () => head([`OPTIONS * HTTP/1.1`, ...lines]),
    () => head([`CONNECT evil.example:443 HTTP/1.1`, ...lines]),
    () => head([line, ...lines, 'Expect: 100-continue', `Content-Length: ${body.length}`]),
    () => head([line, ...lines, 'Expect: 200-ok']),
    () => head([line, ...lines, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Key: a']),
    () => head([line, ...lines, 'Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: a']),
    () => head([line, ...lines, ' folded: a']),
    () => head([line, ...lines, 'No colon']),
    () => head([line, ...lines, ': empty']),
    () => head([line, ...lines, 'A\u0000B: a']),
    () => head([line, ...lines, 'A: a\u0000b']),
    () => head([line, ...lines, ...Array.from({ length: random.of([100, 1_999, 2_100]) }, (_, at) => `X${at}: a`)]),
    () => head([line, ...lines, `A: ${'a'.repeat(random.of([8_000, 16_384, 70_000]))}`]),
    () => head([`GET /${'a'.repeat(random.of([1_024, 8_000, 70_000]))} HTTP/1.1`, ...lines]),
    () => Buffer.from(`${line}\n${lines.join('\n')}\n\n`, 'latin1'),
    () => Buffer.from(`\r\n\r\n${line}\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    () =>
      Buffer.from(
        random.of([
          '\u0000',
          'GET',
          '\r\n',
          'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
          '\u0016\u0003\u0001\u0002\u0000\u0001',
        ]),
        'latin1',
      ),
    // Several at once.
    () => Buffer.concat(Array.from({ length: random.of([2, 3, 20]) }, () => whole)),
    () => Buffer.concat([whole, Buffer.from('garbage')]),
  ];
  return random.of(cases)();
}
