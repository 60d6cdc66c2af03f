/**
 * What secrets are called in the options of connections, in lower case and without `_` and `-`: `clientSecret` and
 * `client_secret` are one. From the descriptions of Auth0's strategies; a name too many costs nothing but its place in
 * the history of changes.
 */
export const SECRET_NAMES: ReadonlySet<string> = new Set([
  // OAuth and OpenID Connect; `app_secret` is also Apple's private key.
  'clientsecret', 'appsecret', 'consumersecret', 'apisecret', 'sharedsecret', 'secret', 'secretkey',
  'clientassertionsigningkey', 'authorizationheader', 'customheaders',
  // SAML and other keys.
  'signingkey', 'decryptionkey', 'encryptionkey', 'privatekey', 'privatejwk', 'passphrase', 'signingsecret',
  // Directories and databases: `configuration` is what custom scripts read their credentials from.
  'bindcredentials', 'bindpassword', 'credentials', 'password', 'configuration',
  // Messages, and programs of providers.
  'twiliotoken', 'authtoken', 'apitoken', 'apikey', 'token',
  'accesstoken', 'refreshtoken', 'adminaccesstoken', 'adminrefreshtoken', 'accesstokensecret', 'agenttoken',
]); // prettier-ignore

export const isSecretName = (name: string): boolean => SECRET_NAMES.has(name.toLowerCase().replaceAll(/[_-]/g, ''));

/**
 * Whether a field is stored encrypted: any value but a boolean or null. Settings of passwords
 * lie under the name of one.
 */
export const isSecret = (name: string, value: unknown): boolean =>
  value !== null &&
  typeof value !== 'boolean' &&
  isSecretName(name) &&
  !(typeof value === 'object' && name === 'password');

/** Whether a JSON text may hold such a field somewhere. */
export function mentionsSecret(json: string): boolean {
  for (const [, name] of json.matchAll(/"([^"\\]*)":/g)) if (isSecretName(name!)) return true;
  return false;
}
