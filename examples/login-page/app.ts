import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { addAssets } from './assets.js';
import { PretendedProvider } from './pretended-provider.js';
import { sendEnded, sendFailure, sendNotFound, sendPage, sendUnavailable } from './replies.js';
import { CODE, CONNECTION_ID, EMAIL, fields, INTENT, ORGANIZATION, STATE } from './schemas.js';
import { SignIns } from './sign-in.js';
import {
  type Vestibule,
  VestibuleError,
  type Connection,
  type Intent,
  type Organization,
  type Prompt,
} from './vestibule.js';
import { decisionPage } from './views/decision.js';
import { titleOf } from './views/layout.js';
import { choicePage, EMAIL_ERROR, indexPage, organizationPage } from './views/login.js';
import type { Person } from './views/provider.js';

export interface LoginPageOptions {
  readonly vestibule: Vestibule;
  /** Names of the organizations that the first page lists. A real one would not tell who its customers are. */
  readonly organizations: readonly string[];
  /** Whom the pretended provider of a connection offers to be, by the name of the connection. */
  readonly people: Readonly<Record<string, readonly Person[]>>;
  readonly logLevel?: 'warn' | 'silent';
}

/**
 * A product's login page. It does not know who may come in, but asks Vestibule each time. Every path of its own has two
 * parts, so that any name of an organization can be one.
 */
export async function createLoginPage(options: LoginPageOptions): Promise<FastifyInstance> {
  const app = fastify({ logger: { level: options.logLevel ?? 'warn' }, bodyLimit: 16_384 });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        // An organization's logo may lie anywhere.
        imgSrc: ["'self'", 'https:'],
        // Real providers belong here too: a form leads to them.
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Whatever speaks HTTPS for this page says that itself.
    strictTransportSecurity: false,
  });
  await app.register(cookie);
  await app.register(formbody);
  app.addHook('onRequest', async (_, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.setNotFoundHandler(async (_, reply) => sendNotFound(reply));
  app.setErrorHandler<FastifyError | VestibuleError>(async (error, request, reply) => {
    if (error instanceof VestibuleError) {
      if (error.status === 404) return sendNotFound(reply);
      request.log.warn({ err: error }, 'no answer from Vestibule');
      return sendUnavailable(reply, request.method === 'GET' ? request.url : '/');
    }
    if (error.validationContext === 'params') return sendNotFound(reply);
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'unexpected');
    return sendFailure(reply, status);
  });
  await addAssets(app);
  addPages(app, options);
  return app;
}

function addPages(app: FastifyInstance, { vestibule, organizations, people }: LoginPageOptions): void {
  const signIns = new SignIns();
  const provider = new PretendedProvider(signIns, people);
  provider.addRoutes(app);

  app.get('/', async (_, reply) => sendPage(reply, 200, indexPage(await listed())));

  app.get<{ Params: { organization: string } }>(
    '/:organization',
    { schema: { params: fields({ organization: ORGANIZATION }) } },
    async ({ params }, reply) => sendPage(reply, 200, organizationPage(await vestibule.prompt(params.organization))),
  );

  app.post<{ Body: { email: string; organization?: string } }>(
    '/sign-in/email',
    { schema: { body: fields({ email: EMAIL, organization: ORGANIZATION }, 'email') } },
    async ({ body }, reply) => {
      const email = body.email.trim();
      const again = async (error: string, organization = body.organization) =>
        organization === undefined
          ? sendPage(reply, 400, indexPage(await listed(), { email, error }))
          : sendPage(reply, 400, organizationPage(await vestibule.prompt(organization), { email, error }));

      const found = await unless(400, vestibule.discover(email, body.organization));
      if (found === undefined) return again(EMAIL_ERROR);
      switch (found.next) {
        case 'connection': {
          const { organization } = await vestibule.prompt(found.organization.id);
          return begin(reply, organization, found.connection, 'login', email);
        }
        case 'choose_organization':
          return sendPage(reply, 200, choicePage(await all(found.organizations.map(({ id }) => id)), email));
        case 'prompt':
          return found.organization === null
            ? again('We know no organization for this address. Check it, or open the page of your organization.')
            : again('This address leads to no way to sign in. Use another one.', found.organization.id);
      }
    },
  );

  app.post<{ Body: { organization: string; connection: string; intent: Intent } }>(
    '/sign-in/start',
    {
      schema: {
        body: fields(
          { organization: ORGANIZATION, connection: CONNECTION_ID, intent: INTENT },
          'organization',
          'connection',
          'intent',
        ),
      },
    },
    async ({ body }, reply) => {
      const prompt = await vestibule.prompt(body.organization);
      const connection = offered(prompt, body.connection, body.intent);
      if (connection) return begin(reply, prompt.organization, connection, body.intent);
      const error = 'That way to sign in is not offered any more.';
      return sendPage(reply, 400, organizationPage(prompt, { error }));
    },
  );

  app.get<{ Querystring: { state?: string; code?: string } }>(
    '/sign-in/callback',
    { schema: { querystring: fields({ state: STATE, code: CODE }) } },
    async (request, reply) => {
      const signIn = await signIns.current(request, request.query.state);
      const identity = signIn && (await provider.identify(signIn, request.query.code));
      if (!signIn || !identity) return sendEnded(reply);
      const { organization, connection, intent } = signIn;
      const prompt = await vestibule.prompt(organization.id);
      // A real provider has an id for everybody, which belongs here as `user_id`: an address may change hands.
      const { email, name } = identity;
      const user = { email, email_verified: connection.kind !== 'database', name };
      const question = { organization: organization.id, connection: connection.id, user, intent };
      const decision = await unless(400, vestibule.decide(question));
      // Once only; but without an answer the same can be asked again.
      signIns.end(reply);
      if (decision === undefined) return sendPage(reply, 400, organizationPage(prompt, { email, error: EMAIL_ERROR }));
      // Here a product would begin the session of whoever is allowed, and of nobody else.
      const status = decision.decision === 'allow' ? 200 : 403;
      return sendPage(reply, status, decisionPage(decision, prompt, signIn, identity));
    },
  );

  const listed = () => all(organizations);

  /** Those that are there. */
  async function all(idsOrNames: readonly string[]): Promise<Organization[]> {
    const prompts = await Promise.all(idsOrNames.map((one) => unless(404, vestibule.prompt(one))));
    return prompts.flatMap((prompt) => (prompt ? [prompt.organization] : []));
  }

  async function begin(
    reply: FastifyReply,
    organization: Organization,
    connection: Connection,
    intent: Intent,
    email?: string,
  ): Promise<FastifyReply> {
    const { id, name } = organization;
    const place = { id, name, title: titleOf(organization) };
    const signIn = await signIns.begin(reply, { organization: place, connection, intent, email });
    return reply.redirect(provider.urlFor(signIn), 303);
  }
}

/** The connection that was chosen, if the organization offers it for that. */
function offered({ connections, signup }: Prompt, chosen: string, intent: Intent): Connection | undefined {
  if (intent === 'signup' && signup?.connection_id !== chosen) return undefined;
  return connections.find(({ id }) => id === chosen);
}

/** Undefined when Vestibule refuses with this status. */
async function unless<T>(status: number, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof VestibuleError && error.status === status) return undefined;
    throw error;
  }
}
