import { kindOf, type Strategy, type StrategyKind } from './strategy.js';

/** What somebody says of a connection to be made. */
export interface ConnectionDraft extends ConnectionChanges {
  name: string;
  strategy: Strategy;
}

/** What can be set at creation and changed later; undefined leaves it as it is. */
export interface ConnectionChanges {
  displayName?: string;
  options?: object;
  realms?: string[];
  enabledClients?: string[];
  isDomainConnection?: boolean;
  showAsButton?: boolean;
  metadata?: Record<string, string>;
  authentication?: object;
  connectedAccounts?: object;
  crossAppAccessRequestingApp?: object;
}

export interface NewConnection extends ConnectionDraft {
  strategyKind: StrategyKind;
  options: object;
  authentication: object;
  connectedAccounts: object;
}

/** Strategies whose connections are shown under their name when nobody gave them another (seen in recorded traffic). */
const SHOWN_BY_NAME: ReadonlySet<Strategy> = new Set<Strategy>(['oidc', 'waad']);

/** Fills in what the draft leaves open. */
export function newConnection(draft: ConnectionDraft): NewConnection {
  const strategyKind = kindOf(draft.strategy);
  return {
    ...draft,
    strategyKind,
    displayName: draft.displayName ?? (SHOWN_BY_NAME.has(draft.strategy) ? draft.name : undefined),
    options: draft.options ?? {},
    realms: draft.realms ?? [draft.name],
    enabledClients: draft.enabledClients ?? [],
    showAsButton: draft.showAsButton ?? (strategyKind === 'enterprise' ? false : undefined),
    authentication: draft.authentication ?? { active: true },
    connectedAccounts: draft.connectedAccounts ?? { active: false },
  };
}
