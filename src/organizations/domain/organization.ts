export const THIRD_PARTY_CLIENT_ACCESS = ['block', 'allow'] as const;
export type ThirdPartyClientAccess = (typeof THIRD_PARTY_CLIENT_ACCESS)[number];

/** What can be set at creation and changed later; undefined leaves it as it is. */
export interface OrganizationChanges {
  name?: string;
  /** Null: none, as also below. */
  displayName?: string | null;
  branding?: object | null;
  metadata?: Record<string, string> | null;
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
