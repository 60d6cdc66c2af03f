import { placeholderIn, withoutSecrets, withSecrets } from './option-secrets.js';

/** As a database has it: text, and only that. */
const kept = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
const fingerprint = (text: string) => Buffer.from(text).toString('base64url').slice(-16).padStart(16, '0');

describe('The secrets of options', () => {
  it.each<[string, string]>([
    ['none', '{"domain":"example.com","scopes":["openid"]}'],
    ['at the top, in the order sent', '{"z":1,"client_secret":"s","a":2,"twilio_token":"t"}'],
    ['in objects and arrays', '{"gateway_authentication":{"secret":"s"},"keys":[[{"a":1,"private_key":"p"}],null]}'],
    ['that are objects, arrays and numbers', '{"signingKey":{"key":"k","cert":"c"},"token":[1,"x"],"password":12}'],
    ['that are empty', '{"client_secret":"","configuration":{},"token":[]}'],
    [
      'under hostile names',
      '{"__proto__":{"client_secret":"s"},"constructor":{"secret":"t"},"a.b":{"secret":"u"},"a":{"b.secret":1}}',
    ],
    [
      'that look like a placeholder',
      '{"client_secret":"encrypted:0123456789abcdef","note":"encrypted:0123456789abcdef"}',
    ],
    ['inside of secrets', '{"configuration":{"password":"p","client_secret":{"secret":"s"}}}'],
  ])('come back as they were: %s', (_, json) => {
    const sent = JSON.parse(json) as object;
    const { options, secrets } = kept(withoutSecrets(sent, fingerprint));
    for (const [, , value] of withoutSecrets(options, fingerprint).secrets) expect(value).toMatch(/^encrypted:/);
    expect(JSON.stringify(withSecrets(options, secrets))).toBe(json);
  });

  it('are found by name in any notation, and other fields stay readable', () => {
    const names = ['client_secret', 'clientSecret', 'ClientSecret', 'client-secret', 'bindCredentials', 'signing_key'];
    const sent = Object.fromEntries(
      [...names, 'client_id', 'secretive', 'token_endpoint'].map((name) => [name, 'value']),
    );
    const { options } = withoutSecrets(sent, fingerprint);
    expect(
      Object.entries(options)
        .filter(([, value]) => value !== 'value')
        .map(([name]) => name),
    ).toEqual(names);
  });

  it('are not booleans, null, or password settings', () => {
    const sent = { client_secret: null, signingKey: false, authentication_methods: { password: { enabled: true } } };
    expect(withoutSecrets(sent, fingerprint)).toEqual({ options: sent, secrets: [] });
  });

  it('are required for every placeholder', () => {
    const { options, secrets } = withoutSecrets({ a: [{ client_secret: 's' }] }, fingerprint);
    const [[path, placeholder, value]] = secrets as [(typeof secrets)[number]];
    const other = withoutSecrets({ a: [{ client_secret: 'other' }] }, fingerprint);
    expect(withSecrets(options, [])).toBeUndefined();
    expect(withSecrets(options, other.secrets)).toBeUndefined();
    expect(withSecrets(options, [[['a', 1, 'client_secret'], placeholder, value]])).toBeUndefined();
    expect(withSecrets(options, [[path, placeholder, value]])).toEqual({ a: [{ client_secret: 's' }] });
  });

  it('are not accepted as placeholders', () => {
    const { options } = withoutSecrets({ a: [{ client_secret: 's' }] }, fingerprint);
    expect(placeholderIn(options)).toEqual(['a', 0, 'client_secret']);
    expect(placeholderIn({ client_secret: 's', note: 'encrypted:0123456789abcdef' })).toBeUndefined();
  });
});
