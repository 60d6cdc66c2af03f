export const DISCOVERY_DOMAIN_STATUSES = ['pending', 'verified'] as const;
export type DiscoveryDomainStatus = (typeof DISCOVERY_DOMAIN_STATUSES)[number];

export const MAX_DISCOVERY_DOMAINS = 100;

/** Fields of a request. Undefined ones are not changed. */
export interface DiscoveryDomainChanges {
  status?: DiscoveryDomainStatus;
  useForOrganizationDiscovery?: boolean;
}

export interface DiscoveryDomainDraft extends DiscoveryDomainChanges {
  domain: string;
}

export interface DiscoveryDomainKey {
  organizationId: string;
  id: string;
}

/** Domains are stored and compared in lower case. */
export const normalizedDomain = (domain: string): string => domain.toLowerCase();

/** The name under which the domain's owner publishes the verification text as a TXT record. */
export const verificationHost = (organizationId: string, domain: string): string =>
  `_ss-verification.${organizationId}.${domain}`;

/** @param records each in pieces of at most 255 bytes, as DNS returns them */
export function isPublished(verificationTxt: string, records: readonly (readonly string[])[]): boolean {
  return records.some((pieces) => pieces.join('').trim() === verificationTxt);
}
