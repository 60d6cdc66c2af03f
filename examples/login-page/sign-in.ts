import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Seal } from './seal.js';
import type { Connection, Intent } from './vestibule.js';

/** A sign-in that is under way: what the page has to know when the provider sends the visitor back. */
export interface SignIn {
  /** Goes to the provider and comes back, so that nobody can finish a sign-in which another browser began. */
  readonly state: string;
  readonly organization: { readonly id: string; readonly name: string; readonly title: string };
  readonly connection: Connection;
  readonly intent: Intent;
  /** Typed before, so that it need not be typed again. */
  readonly email?: string;
}

/** Whom a provider says a visitor is. */
export interface Identity {
  readonly email: string;
  readonly name?: string;
}

export const SIGN_IN_SECONDS = 600;

const COOKIE = 'sign-in';

/** Each browser's sign-in lies in a signed cookie of its own. Other sites' forms do not send it along. */
export class SignIns {
  private readonly seal = new Seal<SignIn>(SIGN_IN_SECONDS);

  /** Takes the place of one that was under way. */
  async begin(reply: FastifyReply, begun: Omit<SignIn, 'state'>): Promise<SignIn> {
    const signIn = { ...begun, state: randomBytes(16).toString('base64url') };
    reply.setCookie(COOKIE, await this.seal.close(signIn), {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: 'auto',
      maxAge: SIGN_IN_SECONDS,
    });
    return signIn;
  }

  /** The sign-in of this browser, if it is the one that is asked about. */
  async current({ cookies }: FastifyRequest, state: string | undefined): Promise<SignIn | undefined> {
    const signIn = await this.seal.open(cookies[COOKIE]);
    return signIn?.state === state ? signIn : undefined;
  }

  end(reply: FastifyReply): void {
    reply.clearCookie(COOKIE, { path: '/' });
  }
}
