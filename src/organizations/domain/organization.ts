export const THIRD_PARTY_CLIENT_ACCESS = ['block', 'allow'] as const;
export type ThirdPartyClientAccess = (typeof THIRD_PARTY_CLIENT_ACCESS)[number];

/** What can be set at creation and changed later; undefined leaves it as it is. */
export interface OrganizationChanges {
  name?: string;
  displayName?: string;
  branding?: object;
  metadata?: Record<string, string>;
  /** Null: no quota. */
  tokenQuota?: object | null;
  thirdPartyClientAccess?: ThirdPartyClientAccess;
  isAppEntitlementActive?: boolean;
}

export interface OrganizationDraft extends OrganizationChanges {
  name: string;
}

/** What a list of organizations can be ordered by. */
export const SORTABLE = ['name', 'display_name', 'created_at'] as const;

export interface OrganizationOrder {
  readonly by: (typeof SORTABLE)[number];
  readonly descending: boolean;
}

/** Oldest first. */
export const DEFAULT_ORDER: OrganizationOrder = { by: 'created_at', descending: false };

/** @param sort `field:1` or `field:-1`, already checked */
export function orderOf(sort: string | undefined): OrganizationOrder {
  if (sort === undefined) return DEFAULT_ORDER;
  const [by, direction] = sort.split(':') as [OrganizationOrder['by'], string];
  return { by, descending: direction === '-1' };
}
