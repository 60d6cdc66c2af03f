import { withoutNulls } from '../../http/validation/text-map.js';
import type { OrganizationChanges, OrganizationDraft } from '../domain/organization.js';
import type { OrganizationCreateDto, OrganizationUpdateDto } from './organization.dto.js';

export function draftOf(dto: OrganizationCreateDto): OrganizationDraft {
  return { ...changesOf(dto), name: dto.name };
}

export function changesOf(dto: OrganizationCreateDto | OrganizationUpdateDto): OrganizationChanges {
  return {
    name: dto.name,
    displayName: dto.display_name,
    branding: dto.branding,
    metadata: withoutNulls(dto.metadata),
    tokenQuota: dto.token_quota,
    thirdPartyClientAccess: dto.third_party_client_access,
    isAppEntitlementActive: dto.is_app_entitlement_active,
  };
}
