import { randomBytes } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';

/** Signs what goes through a browser, so that it comes back as it was, and not too late. Each seal has a key of its own. */
export class Seal<Content extends object> {
  private readonly key = randomBytes(32);

  constructor(private readonly seconds: number) {}

  close(content: Content): Promise<string> {
    return new SignJWT({ content })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(`${this.seconds} s`)
      .sign(this.key);
  }

  /** Undefined: it is not of this seal, was changed, or has expired. */
  async open(text = ''): Promise<Content | undefined> {
    try {
      const { payload } = await jwtVerify<{ content: Content }>(text, this.key, { algorithms: ['HS256'] });
      return payload.content;
    } catch {
      return undefined;
    }
  }
}
