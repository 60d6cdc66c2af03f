import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { EVENT_TYPES } from '../../src/event-streams/domain/event-type.js';
import { newSigningSecret } from '../../src/event-streams/stream-secrets.js';
import { expectEvent } from '../support/event-schemas.js';
import type { ReceivedEvent } from '../support/sink.js';

const page = readFileSync(join(process.cwd(), 'docs', 'events.md'), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text!);

type IsGenuine = (headers: Record<string, string>, body: string, secret: string) => boolean;

describe('docs/events.md', () => {
  it('has a body of each event, as it is sent', () => {
    const events = blocks('json').map((text) => JSON.parse(text) as ReceivedEvent);
    for (const event of events) expectEvent(event);
    expect(events.map(({ type }) => type)).toEqual([...EVENT_TYPES]);
  });

  it('checks signatures as the library does', async () => {
    const [code] = blocks('js');
    const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code!)}`)) as {
      isGenuine: IsGenuine;
    };
    const secret = newSigningSecret();
    const at = new Date();
    const body = '{"type":"ä"}';
    const sign = (time: Date) => ({
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
      'webhook-signature': `v1,bm90aGluZw== ${new Webhook(secret).sign('evt_1', time, body)}`,
    });
    const headers = sign(at);
    expect(isGenuine(headers, body, secret)).toBe(true);
    expect(isGenuine(headers, `${body} `, secret)).toBe(false);
    expect(isGenuine({ ...headers, 'webhook-id': 'evt_2' }, body, secret)).toBe(false);
    expect(isGenuine(headers, body, newSigningSecret())).toBe(false);
    expect(isGenuine(sign(new Date(at.getTime() - 400_000)), body, secret)).toBe(false);
  });
});
