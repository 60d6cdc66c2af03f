/** What decides the terms an organization may set for a connection. Follows from the strategy and is never sent. */
export const STRATEGY_KINDS = ['database', 'passwordless', 'enterprise', 'social'] as const;
export type StrategyKind = (typeof STRATEGY_KINDS)[number];

const KIND_OF_STRATEGY = {
  ad: 'enterprise',
  adfs: 'enterprise',
  amazon: 'social',
  apple: 'social',
  dropbox: 'social',
  bitbucket: 'social',
  'auth0-oidc': 'enterprise',
  auth0: 'database',
  baidu: 'social',
  bitly: 'social',
  box: 'social',
  custom: 'enterprise',
  daccount: 'social',
  dwolla: 'social',
  email: 'passwordless',
  'evernote-sandbox': 'social',
  evernote: 'social',
  exact: 'social',
  facebook: 'social',
  fitbit: 'social',
  github: 'social',
  'google-apps': 'enterprise',
  'google-oauth2': 'social',
  instagram: 'social',
  ip: 'enterprise',
  line: 'social',
  linkedin: 'social',
  oauth1: 'social',
  oauth2: 'social',
  office365: 'enterprise',
  oidc: 'enterprise',
  okta: 'enterprise',
  paypal: 'social',
  'paypal-sandbox': 'social',
  pingfederate: 'enterprise',
  planningcenter: 'social',
  'salesforce-community': 'social',
  'salesforce-sandbox': 'social',
  salesforce: 'social',
  samlp: 'enterprise',
  sharepoint: 'enterprise',
  shopify: 'social',
  shop: 'social',
  sms: 'passwordless',
  soundcloud: 'social',
  thirtysevensignals: 'social',
  twitter: 'social',
  untappd: 'social',
  vkontakte: 'social',
  waad: 'enterprise',
  weibo: 'social',
  windowslive: 'social',
  wordpress: 'social',
  yahoo: 'social',
  yandex: 'social',
} as const satisfies Record<string, StrategyKind>;

export type Strategy = keyof typeof KIND_OF_STRATEGY;

/** Every strategy a connection can be created with. */
export const STRATEGIES = Object.keys(KIND_OF_STRATEGY) as Strategy[];

export function kindOf(strategy: Strategy): StrategyKind {
  return KIND_OF_STRATEGY[strategy];
}
