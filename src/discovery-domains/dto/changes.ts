import {
  normalizedDomain,
  type DiscoveryDomainChanges,
  type DiscoveryDomainDraft,
} from '../domain/discovery-domain.js';
import type { DiscoveryDomainCreateDto, DiscoveryDomainUpdateDto } from './discovery-domain.dto.js';

export function draftOf(dto: DiscoveryDomainCreateDto): DiscoveryDomainDraft {
  return { ...changesOf(dto), domain: normalizedDomain(dto.domain) };
}

export function changesOf(dto: DiscoveryDomainUpdateDto): DiscoveryDomainChanges {
  return { status: dto.status, useForOrganizationDiscovery: dto.use_for_organization_discovery };
}
