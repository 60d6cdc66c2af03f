import { randomBytes } from 'node:crypto';

/** Returns a recognizable secret. */
export const marker = () => `marker${randomBytes(12).toString('hex')}`;

/** Options of every kind of connection, with another secret in every field that is one. */
export function optionsWithSecrets() {
  const secrets: string[] = [];
  const secret = () => {
    secrets.push(marker());
    return secrets.at(-1)!;
  };
  const options = {
    client_id: 'readable',
    client_secret: secret(),
    clientSecret: secret(),
    app_secret: secret(),
    consumerSecret: secret(),
    domain: 'idp.example.com',
    signingKey: { key: secret(), cert: secret() },
    signing_key: secret(),
    decryptionKey: { key: secret(), cert: 'c' },
    bindDn: 'cn=reader',
    bindCredentials: secret(),
    twilio_sid: 'AC1',
    twilio_token: secret(),
    api_key: secret(),
    gateway_authentication: { method: 'bearer', subject: 's', secret: secret(), secret_base64_encoded: false },
    configuration: { DB_URL: secret(), nested: [secret()] },
    admin_access_token: secret(),
    admin_refresh_token: secret(),
    password: secret(),
    list: [{ private_key: secret() }, [{ api_key: secret() }]],
    domain_aliases: ['example.com'],
  };
  return { options, secrets };
}
