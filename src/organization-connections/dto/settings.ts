import { DEFAULT_SETTINGS, type NewRow, type Settings } from '../domain/organization-connection.js';
import type { Reference } from '../domain/reference.js';
import type { WantedRow } from '../domain/replacement.js';
import type {
  OrganizationConnectionUpdateDto,
  OrganizationConnectionCreateDto,
  OrganizationEnabledConnectionAddDto,
  OrganizationConnectionSettingsDto,
  OrganizationEnabledConnectionUpdateDto,
} from './organization-connection.dto.js';
import type { WantedConnectionDto } from './replacement.dto.js';

type AnyDto =
  | OrganizationEnabledConnectionAddDto
  | OrganizationEnabledConnectionUpdateDto
  | OrganizationConnectionSettingsDto
  | OrganizationConnectionUpdateDto;

/** Returns the settings in a body. A setting that was not sent is undefined, one sent as null is its default. */
export function settingsOf(dto: AnyDto): Partial<Settings> {
  const { is_enabled, organization_access_level, organization_connection_name } =
    dto as OrganizationConnectionUpdateDto;
  return {
    assignMembershipOnLogin: dto.assign_membership_on_login,
    isSignupEnabled: dto.is_signup_enabled,
    showAsButton: dto.show_as_button,
    isEnabled: is_enabled === null ? DEFAULT_SETTINGS.isEnabled : is_enabled,
    organizationAccessLevel:
      organization_access_level === null ? DEFAULT_SETTINGS.organizationAccessLevel : organization_access_level,
    organizationConnectionName: organization_connection_name,
  };
}

/** Returns a new row, with the default of every setting that was not sent. */
export function newSettingsOf(dto: OrganizationEnabledConnectionAddDto | OrganizationConnectionCreateDto): NewRow {
  return { connectionId: dto.connection_id, ...withDefaults(settingsOf(dto)) };
}

export function wantedRowOf(dto: WantedConnectionDto): WantedRow {
  return { connection: connectionOf(dto), ...withDefaults(settingsOf(dto)) };
}

/** Returns the connection that a body names by exactly one of the two fields. */
export function connectionOf(dto: { connection_id?: string; connection_name?: string }): Reference {
  return dto.connection_id === undefined ? { name: dto.connection_name! } : { id: dto.connection_id };
}

export function withDefaults(sent: Partial<Settings>): Settings {
  return {
    assignMembershipOnLogin: sent.assignMembershipOnLogin ?? DEFAULT_SETTINGS.assignMembershipOnLogin,
    isSignupEnabled: sent.isSignupEnabled ?? DEFAULT_SETTINGS.isSignupEnabled,
    showAsButton: sent.showAsButton ?? DEFAULT_SETTINGS.showAsButton,
    isEnabled: sent.isEnabled ?? DEFAULT_SETTINGS.isEnabled,
    organizationAccessLevel: sent.organizationAccessLevel ?? DEFAULT_SETTINGS.organizationAccessLevel,
    organizationConnectionName: sent.organizationConnectionName ?? DEFAULT_SETTINGS.organizationConnectionName,
  };
}
