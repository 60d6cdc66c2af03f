import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { MachineClientsRepository } from './auth/machine-clients.repository.js';
import { TOKEN_LIFETIME_SECONDS } from './auth/oauth.service.js';
import { SCOPES, splitScopes } from './auth/scopes.js';
import { SigningKeysRepository } from './auth/signing-keys.repository.js';
import { TokenIssuer } from './auth/token-issuer.js';
import { CliModule } from './cli.module.js';
import { ConfigError, loadConfig, type AppConfig } from './config/config.js';
import { isPooledByTransaction } from './config/pooling.js';
import type { MachineClient } from './database/client.js';
import { createPool } from './database/pool.js';
import {
  applyMigrations,
  describeStatus,
  isMigrated,
  migrationStatus,
  type MigrationStatus,
} from './database/migrations.js';
import { DatabaseUnavailableError } from './database/wait-for-database.js';
import { EncryptionService } from './encryption/encryption.service.js';
import { addPlanCommands } from './plan/plan.commands.js';
import { openDatabase, withEncryptionKeys } from './resources.js';
import { runOrExplain } from './run-or-explain.js';

const program = new Command('vestibule')
  .description('Organization connections, compatible with the Auth0 Management API.')
  .addHelpText(
    'after',
    '\nExample:\n  $ npx vestibule serve\n\nConfiguration is by environment variables; docs/configuration.md lists them.',
  );

program
  .command('serve')
  .description('bring the database up to date and serve the API until stopped')
  .addHelpText('after', '\nExample:\n  $ PORT=8080 npx vestibule serve')
  .action(async () => {
    // Loaded only here, because the other commands do not need it.
    const { serve } = await import('./serve.js');
    await serve(loadConfig(process.env));
  });

program
  .command('migrate')
  .description('apply the migrations that the database does not have yet')
  .option('--status', 'change nothing; say what is pending, edited or different, and exit with 1 if anything is')
  .addHelpText(
    'after',
    '\nExample:\n  $ DATABASE_URL=postgresql://me:secret@db/vestibule npx vestibule migrate --status',
  )
  .action(({ status = false }: { status?: boolean }) => migrate(status));

program
  .command('token')
  .description('print an access token of the built-in issuer, and nothing else')
  .addOption(scopeOption('the scopes of the token'))
  .option('--expires-in <seconds>', 'how long it is good', seconds, TOKEN_LIFETIME_SECONDS)
  .addHelpText(
    'after',
    '\nExample:\n  $ npx vestibule token --scope "read:organizations read:connections" --expires-in 600',
  )
  .action(({ scope, expiresIn }: { scope: string[]; expiresIn: number }) =>
    withIssuer(async (app) => {
      const request = { subject: 'vestibule-cli', scopes: scope, lifetimeSeconds: expiresIn };
      print(await app.get(TokenIssuer).issue(request));
    }),
  );

const client = program
  .command('client')
  .description('machine clients, which get tokens at /oauth/token')
  .addHelpText('after', '\nExample:\n  $ npx vestibule client create terraform');

client
  .command('create')
  .addArgument(new Argument('<name>', 'what the client is called').argParser(notEmpty))
  .description('make a client and show its secret, this once')
  .addOption(scopeOption('the scopes it may ask for'))
  .option('--expires <when>', 'when it ends: seconds from now, or a date such as 2027-01-31 (default: never)', moment)
  .addHelpText(
    'after',
    '\nExample:\n  $ npx vestibule client create terraform --scope "read:organizations update:organizations"' +
      '\n  $ npx vestibule client create migration --expires 604800',
  )
  .action((name: string, { scope, expires }: { scope: string[]; expires?: Date }) =>
    withIssuer(async (app) => {
      const { client, secret } = await app.get(MachineClientsRepository).create(name, scope, expires);
      print(`client_id:     ${client.clientId}`);
      print(`client_secret: ${secret}`);
      if (expires) print(`expires:       ${expires.toISOString()}`);
    }),
  );

client
  .command('rotate-secret <client-id>')
  .description('give a client a new secret and show it, this once; the present one stays good for a while')
  .option(
    '--keep <seconds>',
    'for how long the present secret stays good; 0: it ends at once',
    (text) => (text === '0' ? 0 : seconds(text)),
    86_400,
  )
  .addHelpText(
    'after',
    '\nExample:\n  $ npx vestibule client rotate-secret 5Zq0X8cVbN1mK3jH6gF4dS2aP9oI7uYt --keep 3600',
  )
  .action((clientId: string, { keep }: { keep: number }) =>
    withIssuer(async (app) => {
      const keepUntil = keep === 0 ? undefined : inSeconds(keep);
      const secret = await app.get(MachineClientsRepository).rotateSecret(clientId, keepUntil);
      if (secret === undefined) return fail(`There is no client ${clientId}.`);
      print(`client_id:     ${clientId}`);
      print(`client_secret: ${secret}`);
      print(
        keepUntil
          ? `The secret before it is good until ${keepUntil.toISOString()}.`
          : 'The secret before it has ended.',
      );
    }),
  );

client
  .command('list')
  .description('list the clients, oldest first')
  .addHelpText('after', '\nExample:\n  $ npx vestibule client list')
  .action(() =>
    withIssuer(async (app) => {
      for (const one of await app.get(MachineClientsRepository).list()) print(describeClient(one));
    }),
  );

client
  .command('delete <client-id>')
  .description('delete a client; tokens it already has stay good until they expire')
  .addHelpText('after', '\nExample:\n  $ npx vestibule client delete 5Zq0X8cVbN1mK3jH6gF4dS2aP9oI7uYt')
  .action((clientId: string) =>
    withIssuer(async (app) => {
      if (await app.get(MachineClientsRepository).remove(clientId)) return print(`Deleted ${clientId}.`);
      fail(`There is no client ${clientId}.`);
    }),
  );

const keys = program
  .command('keys')
  .description('the keys that the built-in issuer signs with, and that secrets are encrypted with')
  .addHelpText('after', '\nExample:\n  $ npx vestibule keys rotate');

keys
  .command('rotate')
  .description('make the next signing key, which signs when everybody can know it; the present ones stay good')
  .option('--encryption', 'instead, encrypt all secrets with the first key of ENCRYPTION_KEY')
  .addHelpText(
    'after',
    '\nExample:\n  $ npx vestibule keys rotate\n  $ ENCRYPTION_KEY="$NEW_KEY,$OLD_KEY" npx vestibule keys rotate --encryption',
  )
  .action(({ encryption = false }: { encryption?: boolean }) => (encryption ? reEncrypt() : rotateSigningKey()));

addPlanCommands(program, withApplication);

await runOrExplain(async () => {
  await program.parseAsync();
});

function rotateSigningKey(): Promise<void> {
  return withIssuer(async (app) => {
    const { kid, signsFrom } = await app.get(SigningKeysRepository).rotate();
    print(`The key ${kid} is published and signs from ${signsFrom.toISOString()}.`);
  });
}

function reEncrypt(): Promise<void> {
  return withApplication(async (app) => {
    const { keyId, reEncrypted } = await app.get(EncryptionService).rotate();
    print(`${reEncrypted} rows encrypted anew.`);
    print(`Everything is encrypted with the key ${keyId}, and no other is needed.`);
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

function scopeOption(description: string): Option {
  return new Option('--scope <scopes>', `${description}, separated by spaces (default: all)`)
    .default([...SCOPES], 'all')
    .argParser((text: string) => {
      const scopes = splitScopes(text);
      const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
      if (unknown.length > 0)
        throw new InvalidArgumentError(`Unknown: ${unknown.join(' ')}. Known: ${SCOPES.join(' ')}`);
      return scopes;
    });
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('A name that is not empty.');
  return text;
}

/** Returns a line about a client, with the time it expires and the time its second secret expires. */
function describeClient({ clientId, name, scopes, expiresAt, previousSecretExpiresAt }: MachineClient): string {
  const now = new Date();
  const parts = [clientId, name, scopes.join(' ')];
  if (expiresAt) parts.push(`${expiresAt > now ? 'expires' : 'expired'} ${expiresAt.toISOString()}`);
  if (previousSecretExpiresAt && previousSecretExpiresAt > now) {
    parts.push(`second secret until ${previousSecretExpiresAt.toISOString()}`);
  }
  return parts.join('  ');
}

function inSeconds(count: number): Date {
  return new Date(Date.now() + count * 1000);
}

/** Parses seconds from now, or a date, which without a time starts in UTC. */
function moment(text: string): Date {
  const time = /^\d+$/.test(text) ? inSeconds(seconds(text)) : new Date(text);
  const isDate = /^(\d+|\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?)$/.test(text);
  if (!isDate || Number.isNaN(time.getTime()) || time <= new Date()) {
    throw new InvalidArgumentError('Seconds from now, or a date to come such as 2027-01-31 or 2027-01-31T18:00:00Z.');
  }
  return time;
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('A whole number of seconds, from 1 up.');
  return Number(text);
}

async function migrate(statusOnly: boolean): Promise<void> {
  const config = loadConfig(process.env);
  if (isPooledByTransaction(config.databaseUrl)) {
    throw new ConfigError('DATABASE_URL', '(hidden)', 'here the URL of Postgres itself, without pgbouncer=true');
  }
  const database = await openDatabase(config);
  try {
    if (statusOnly) return report(await migrationStatus(database.url));
    const applied = await applyMigrations(database.url);
    for (const name of applied) print(`applied ${name}`);
    print(
      applied.length === 0 ? 'The database is up to date.' : `The database is up to date, ${applied.length} applied.`,
    );
  } finally {
    await database.release();
  }
}

function report(status: MigrationStatus): void {
  const problems = describeStatus(status);
  for (const problem of problems) print(problem);
  if (problems.length === 0) print('The database is up to date and as the schema says.');
  else process.exitCode = 1;
}

/** Runs work with the services of the built-in issuer, also while a server is running. */
async function withIssuer(work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const config = loadConfig(process.env);
  if (config.auth.kind === 'external') {
    throw new ConfigError(
      'AUTH_ISSUER',
      config.auth.issuer,
      'no value here: tokens and clients are of the built-in issuer',
    );
  }
  await withApplication(work);
}

/** Runs work with the services but without a server, also while a server is running. */
async function withApplication(work: (app: INestApplicationContext) => Promise<void>): Promise<void> {
  const config = loadConfig(process.env);
  const database = await openDatabase(config);
  try {
    await requireMigrated(config, database.url);
    const pool = createPool(database.url, { max: config.databasePoolSize, waitMs: config.poolWaitMs });
    const module = CliModule.forRoot(await withEncryptionKeys(config), pool);
    const app = await NestFactory.createApplicationContext(module, {
      logger: ['error', 'warn'],
      abortOnError: false,
    });
    try {
      await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await database.release();
  }
}

/** Migrates the embedded database. For any other database, only `vestibule migrate` changes the schema. */
async function requireMigrated({ databaseUrl }: AppConfig, url: string): Promise<void> {
  if (databaseUrl === undefined) await applyMigrations(url);
  else if (!(await isMigrated(url))) {
    throw new DatabaseUnavailableError('The database is not up to date: "vestibule migrate" brings it there.');
  }
}
