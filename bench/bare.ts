import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import pg from 'pg';

/**
 * The limit to compare with: node:http and one pg pool, the same single statement under a name, the token checked once
 * and remembered, the body read by events. No validation, no rules but those in the statement, no log, no errors.
 */

const COLUMNS = `
  oc.connection_id, oc.strategy_kind, oc.assign_membership_on_login, oc.is_signup_enabled, oc.show_as_button,
  c.name, c.strategy`;

/** The actor that the triggers record. */
const AS_ACTOR = (parameter: string) => `(SELECT set_config('vestibule.actor', ${parameter}, true)) IS NOT NULL`;

const GET = {
  name: 'get',
  text: `
    SELECT ${COLUMNS} FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND oc.is_enabled`,
};
const LIST = {
  name: 'list',
  text: `
    SELECT ${COLUMNS}, count(*) OVER ()::int AS total
      FROM organization_connections oc,
           LATERAL (SELECT name, strategy FROM connections WHERE id = oc.connection_id OFFSET 0) c
     WHERE oc.organization_id = $1 AND oc.is_enabled ORDER BY oc.connection_id LIMIT 50`,
};
const UPDATE = {
  name: 'update',
  text: `
    UPDATE organization_connections oc
       SET assign_membership_on_login = coalesce($3, oc.assign_membership_on_login),
           is_signup_enabled = coalesce($4, oc.is_signup_enabled),
           show_as_button = coalesce($5, oc.show_as_button),
           updated_at = CURRENT_TIMESTAMP
      FROM connections c
     WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND oc.is_enabled AND c.id = oc.connection_id
       AND (NOT coalesce($4, oc.is_signup_enabled)
            OR (oc.strategy_kind = 'database' AND coalesce($3, oc.assign_membership_on_login)))
       AND (coalesce($5, oc.show_as_button) OR oc.strategy_kind = 'enterprise')
       AND ${AS_ACTOR('$6')}
    RETURNING ${COLUMNS}`,
};
const ADD = {
  name: 'add',
  text: `
    WITH organization AS MATERIALIZED (
      SELECT id FROM organizations WHERE id = $1 FOR NO KEY UPDATE
    ), oc AS (
      INSERT INTO organization_connections (
        organization_id, connection_id, strategy_kind, assign_membership_on_login, is_signup_enabled, show_as_button)
      SELECT organization.id, c.id, c.strategy_kind, $3, $4, $5
        FROM organization, connections c
       WHERE c.id = $2 AND ${AS_ACTOR('$6')}
         AND (NOT $4::boolean OR (c.strategy_kind = 'database' AND $3::boolean))
         AND ($5::boolean OR c.strategy_kind = 'enterprise')
         AND count_other_connections(organization.id, c.id) < 10
      ON CONFLICT ON CONSTRAINT organization_connections_pkey DO NOTHING
      RETURNING *
    )
    SELECT ${COLUMNS} FROM oc JOIN connections c ON c.id = oc.connection_id`,
};
const REMOVE = {
  name: 'remove',
  text: `
    DELETE FROM organization_connections
     WHERE organization_id = $1 AND connection_id = $2 AND is_enabled AND ${AS_ACTOR('$3')}`,
};
const GET_USER = {
  name: 'get_user',
  text: `
    SELECT u.*, c.name AS connection_name, c.strategy, c.strategy_kind
      FROM users u JOIN connections c ON c.id = u.connection_id WHERE u.user_id = $1`,
};

interface UserRow {
  user_id: string;
  email: string;
  email_verified: boolean;
  name: string;
  blocked: boolean;
  created_at: Date;
  updated_at: Date;
  connection_name: string;
  strategy: string;
  strategy_kind: string;
}

interface Row {
  connection_id: string;
  strategy_kind: string;
  assign_membership_on_login: boolean;
  is_signup_enabled: boolean;
  show_as_button: boolean;
  name: string;
  strategy: string;
  total: number;
}

interface Body {
  connection_id: string;
  assign_membership_on_login?: boolean;
  is_signup_enabled?: boolean;
  show_as_button?: boolean;
}

const { DATABASE_URL, PORT, JWKS, ISSUER } = process.env as Record<string, string>;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(process.env['DATABASE_POOL_SIZE']) });
const keys = createLocalJWKSet(JSON.parse(JWKS!) as JSONWebKeySet);
const checked = new Set<string>();

createServer((request, response) => {
  handle(request, response).catch(() => response.writeHead(500).end());
}).listen(Number(PORT), '127.0.0.1', () => process.send?.('listening'));

// So that a profile of the process is written.
process.on('SIGTERM', () => process.exit());

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = request.headers.authorization ?? '';
  if (!checked.has(token)) {
    await jwtVerify(token.slice('Bearer '.length), keys, { issuer: ISSUER });
    checked.add(token);
  }
  const [path] = request.url!.split('?', 1) as [string];
  const [, , , resource, organization, , connection] = path.split('/');
  if (resource === 'users') {
    const { rows } = await pool.query<UserRow>({ ...GET_USER, values: [decodeURIComponent(organization!)] });
    return send(response, 200, presentUser(rows[0]!));
  }
  switch (request.method as 'GET' | 'PATCH' | 'POST' | 'DELETE') {
    case 'GET': {
      if (connection !== undefined) {
        const { rows } = await pool.query<Row>({ ...GET, values: [organization, connection] });
        return send(response, 200, present(rows[0]!));
      }
      const { rows } = await pool.query<Row>({ ...LIST, values: [organization] });
      const total = rows[0]?.total ?? 0;
      return send(response, 200, { start: 0, limit: 50, total, enabled_connections: rows.map(present) });
    }
    case 'PATCH': {
      const body = await readBody(request);
      const values = [
        organization,
        connection,
        body.assign_membership_on_login ?? null,
        body.is_signup_enabled ?? null,
        body.show_as_button ?? null,
        actorOf(request),
      ];
      const { rows } = await pool.query<Row>({ ...UPDATE, values });
      return send(response, 200, present(rows[0]!));
    }
    case 'POST': {
      const body = await readBody(request);
      const values = [
        organization,
        body.connection_id,
        body.assign_membership_on_login ?? false,
        body.is_signup_enabled ?? false,
        body.show_as_button ?? true,
        actorOf(request),
      ];
      const { rows } = await pool.query<Row>({ ...ADD, values });
      return send(response, 201, present(rows[0]!));
    }
    case 'DELETE':
      await pool.query({ ...REMOVE, values: [organization, connection, actorOf(request)] });
      response.writeHead(204).end();
  }
}

/** With a request id of its own, as every request of Vestibule's has. */
function actorOf({ headers, socket, method, url }: IncomingMessage): string {
  return JSON.stringify({
    subject: 'bare@clients',
    client_id: 'bare',
    ip: socket.remoteAddress,
    user_agent: headers['user-agent'],
    request_id: randomUUID(),
    method,
    status: 200,
    host: headers.host,
    path: url,
  });
}

function present(row: Row): object {
  return {
    connection_id: row.connection_id,
    assign_membership_on_login: row.assign_membership_on_login,
    ...(row.strategy_kind === 'database' ? { is_signup_enabled: row.is_signup_enabled } : undefined),
    show_as_button: row.show_as_button,
    connection: { name: row.name, strategy: row.strategy },
  };
}

function presentUser(row: UserRow): object {
  return {
    user_id: row.user_id,
    email: row.email,
    email_verified: row.email_verified,
    name: row.name,
    blocked: row.blocked,
    identities: [
      {
        connection: row.connection_name,
        user_id: row.user_id.slice(row.user_id.indexOf('|') + 1),
        provider: row.strategy,
        isSocial: row.strategy_kind === 'social',
      },
    ],
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function readBody(request: IncomingMessage): Promise<Body> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => resolve(JSON.parse(text) as Body));
    request.on('error', reject);
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
