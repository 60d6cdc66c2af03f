export const THIRD_PARTY_CLIENT_ACCESS = ['block', 'allow'] as const;
export type ThirdPartyClientAccess = (typeof THIRD_PARTY_CLIENT_ACCESS)[number];

/** Fields of a request. Undefined ones are not changed, and null ones are removed. */
export interface OrganizationChanges {
  name?: string;
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

/** The fields that a list of organizations can be ordered by. */
export const SORTABLE = ['name', 'display_name', 'created_at'] as const;

export interface OrganizationOrder {
  readonly by: (typeof SORTABLE)[number];
  readonly descending: boolean;
}
