import { kindOf, type Strategy, type StrategyKind } from './strategy.js';

export interface ConnectionDraft extends ConnectionChanges {
  name: string;
  strategy: Strategy;
}

/** The fields that can be set at creation and changed later; undefined leaves a field unchanged. */
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

/** Strategies whose `display_name` defaults to the name (seen in recorded traffic). */
const SHOWN_BY_NAME: ReadonlySet<Strategy> = new Set<Strategy>(['oidc', 'waad']);

/** Adds the defaults. */
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
