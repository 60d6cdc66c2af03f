/**
 * Names of secrets in the options of connections, in lower case and without `_` and `-`: `clientSecret` and
 * `client_secret` are the same. From the descriptions of Auth0's strategies. A field listed unnecessarily is only
 * missing in the history.
 */
export const SECRET_NAMES: ReadonlySet<string> = new Set([
  // OAuth and OpenID Connect; `app_secret` is also Apple's private key.
  'clientsecret', 'appsecret', 'consumersecret', 'apisecret', 'sharedsecret', 'secret', 'secretkey',
  'clientassertionsigningkey', 'authorizationheader', 'customheaders',
  // SAML and other keys.
  'signingkey', 'decryptionkey', 'encryptionkey', 'privatekey', 'privatejwk', 'passphrase', 'signingsecret',
  // Directories and databases: custom scripts read their credentials from `configuration`.
  'bindcredentials', 'bindpassword', 'credentials', 'password', 'configuration',
  // Messages, and programs of providers.
  'twiliotoken', 'authtoken', 'apitoken', 'apikey', 'token',
  'accesstoken', 'refreshtoken', 'adminaccesstoken', 'adminrefreshtoken', 'accesstokensecret', 'agenttoken',
]); // prettier-ignore

const isSecretName = (name: string): boolean => SECRET_NAMES.has(name.toLowerCase().replaceAll(/[_-]/g, ''));

/** Whether a field is stored encrypted. An object named `password` holds password settings and no secret. */
export const isSecret = (name: string, value: unknown): boolean =>
  value !== null &&
  typeof value !== 'boolean' &&
  isSecretName(name) &&
  !(typeof value === 'object' && name === 'password');

/** Whether a JSON text has a field with the name of a secret, at any depth. */
export function mentionsSecret(json: string): boolean {
  for (const [, name] of json.matchAll(/"([^"\\]*)":/g)) if (isSecretName(name!)) return true;
  return false;
}
