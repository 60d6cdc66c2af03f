import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Api } from './api.js';

/** Posts JSON over a few connections, for thousands of calls: at a quarter of what `fetch` costs, and unchecked. */
export class LeanClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(private readonly api: Api) {}

  post<Body>(path: string, body: unknown): Promise<{ status: number; body: Body }> {
    const { origin, token } = this.api;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const sent = request(`${origin}${path}`, { method: 'POST', agent: this.agent, headers }, (response) => {
        json(response).then((received) => resolve({ status: response.statusCode!, body: received as Body }), reject);
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
