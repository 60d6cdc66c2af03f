import type { FastifyInstance } from 'fastify';
import { sendEnded, sendPage } from './replies.js';
import { STATE, EMAIL, fields } from './schemas.js';
import { Seal } from './seal.js';
import { SIGN_IN_SECONDS, type Identity, type SignIn, type SignIns } from './sign-in.js';
import { EMAIL_ERROR } from './views/login.js';
import { providerPage, type Person } from './views/provider.js';

/** Stands for every provider. A product has an OpenID Connect or SAML client in its place. */
export class PretendedProvider {
  private readonly seal = new Seal<Identity & { state: string }>(SIGN_IN_SECONDS);

  constructor(
    private readonly signIns: SignIns,
    /** Whom it offers to be, by the name of the connection. */
    private readonly people: Readonly<Record<string, readonly Person[]>>,
  ) {}

  /** Where the visitor has to go. */
  urlFor({ state }: SignIn): string {
    return `/provider/sign-in?${new URLSearchParams({ state }).toString()}`;
  }

  /** Who the visitor is that came back with this code. Undefined: it is not one for this sign-in. */
  async identify({ state }: SignIn, code: string | undefined): Promise<Identity | undefined> {
    const identity = await this.seal.open(code);
    return identity?.state === state ? identity : undefined;
  }

  addRoutes(app: FastifyInstance): void {
    app.get<{ Querystring: { state?: string } }>(
      '/provider/sign-in',
      { schema: { querystring: fields({ state: STATE }) } },
      async (request, reply) => {
        const signIn = await this.signIns.current(request, request.query.state);
        return signIn ? sendPage(reply, 200, providerPage(signIn, this.peopleOf(signIn))) : sendEnded(reply);
      },
    );

    app.post<{ Body: { state: string; email: string; name?: string } }>(
      '/provider/sign-in',
      {
        schema: {
          body: fields({ state: STATE, email: EMAIL, name: { type: 'string', maxLength: 300 } }, 'state', 'email'),
        },
      },
      async (request, reply) => {
        const signIn = await this.signIns.current(request, request.body.state);
        if (!signIn) return sendEnded(reply);
        const [email, name] = [request.body.email.trim(), request.body.name?.trim() || undefined];
        if (!/^\S+@\S+$/.test(email)) {
          const attempt = { email, name, error: EMAIL_ERROR };
          return sendPage(reply, 400, providerPage(signIn, this.peopleOf(signIn), attempt));
        }
        const { state } = signIn;
        const code = await this.seal.close({ email, name, state });
        return reply.redirect(`/sign-in/callback?${new URLSearchParams({ state, code }).toString()}`, 303);
      },
    );
  }

  private peopleOf({ connection }: SignIn): readonly Person[] {
    return this.people[connection.name] ?? [];
  }
}
