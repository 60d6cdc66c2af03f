import { readFile } from 'node:fs/promises';
import { dump, load, YAMLException } from 'js-yaml';
import { DomainError } from '../errors/domain-error.js';
import { requireValid } from '../http/validation/validation.pipe.js';
import { settingsOf } from '../organization-connections/dto/settings.js';
import { DEFAULT_SETTINGS } from '../organization-connections/domain/organization-connection.js';
import type { DesiredOrganization, PresentOrganization } from './domain/organization-plan.js';
import { StateOrganizationDto } from './dto/state-file.dto.js';

/** Why a file cannot be used, in one line for its author. */
export class StateFileError extends Error {
  override name = 'StateFileError';
}

/**
 * Organizations with their connections by name, in YAML or JSON: `organizations:` and a list of them.
 *
 * @throws StateFileError for the first thing that is wrong, with its place
 */
export async function readStateFile(path: string): Promise<DesiredOrganization[]> {
  const refuse = (problem: string) => new StateFileError(`${path}: ${problem}`);
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw refuse(error.message);
  });
  const organizations = listIn(text, refuse);
  const names = new Map<string, number>();
  return organizations.map((sent, at) => {
    const place = `organizations[${at}]`;
    const desired = desiredOf(sent, (problem) => refuse(`${place}: ${problem}`));
    const earlier = names.get(desired.name);
    if (earlier !== undefined) throw refuse(`${place}: ${desired.name} is organizations[${earlier}] already`);
    names.set(desired.name, at);
    return desired;
  });
}

function listIn(text: string, refuse: (problem: string) => StateFileError): unknown[] {
  let content: unknown;
  try {
    content = load(text);
  } catch (error) {
    throw refuse(error instanceof YAMLException ? error.message.split('\n')[0]! : String(error));
  }
  const { organizations, ...others } = (content ?? {}) as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw refuse(`only organizations: is known here, not ${other}`);
  if (!Array.isArray(organizations)) throw refuse('organizations: and a list of them was expected');
  return organizations;
}

function desiredOf(sent: unknown, refuse: (problem: string) => StateFileError): DesiredOrganization {
  try {
    const { name, display_name, branding, metadata, connections } = requireValid(StateOrganizationDto, sent);
    return {
      name,
      profile: { displayName: display_name, branding, metadata },
      connections: connections?.map((connection) => ({ name: connection.name, settings: settingsOf(connection) })),
    };
  } catch (error) {
    throw error instanceof DomainError ? refuse(error.detail) : error;
  }
}

/** Writes an organization as a state file has it, without what has its default. */
export function stateOf({ name, displayName, branding, metadata, connections }: PresentOrganization): string {
  const organization = {
    name,
    display_name: displayName ?? undefined,
    branding: branding ?? undefined,
    metadata: metadata ?? undefined,
    connections: connections.map((row) => ({
      name: row.name,
      assign_membership_on_login: row.assignMembershipOnLogin,
      is_signup_enabled: row.isSignupEnabled,
      show_as_button: row.showAsButton,
      is_enabled: unlessDefault(row.isEnabled, DEFAULT_SETTINGS.isEnabled),
      organization_access_level: unlessDefault(row.organizationAccessLevel, DEFAULT_SETTINGS.organizationAccessLevel),
      organization_connection_name: row.organizationConnectionName ?? undefined,
    })),
  };
  return dump([organization], { skipInvalid: true, lineWidth: -1 }).replace(/^(?=.)/gm, '  ');
}

const unlessDefault = <T>(value: T, usual: T) => (value === usual ? undefined : value);
