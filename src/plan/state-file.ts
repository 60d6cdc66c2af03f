import { readFile } from 'node:fs/promises';
import { dump, load, YAMLException } from 'js-yaml';
import { DomainError } from '../errors/domain-error.js';
import { requireValid } from '../http/validation/validation.pipe.js';
import type { Flags } from '../organization-connections/domain/flags.js';
import { changesIn, SETTING_NAMES, SETTINGS, type Settings } from '../organization-connections/domain/settings.js';
import type { DesiredOrganization, PresentOrganization } from './domain/organization-plan.js';
import { StateOrganizationDto } from './dto/state-file.dto.js';

/** Says in one line why a file cannot be used. */
export class StateFileError extends Error {
  override name = 'StateFileError';
}

/**
 * Reads organizations with their connections from YAML or JSON: `organizations:` and a list.
 *
 * @throws StateFileError for the first problem, with its place in the file
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
  if (other !== undefined) throw refuse(`expected only organizations:, not ${other}`);
  if (!Array.isArray(organizations)) throw refuse('expected organizations: with a list');
  return organizations;
}

function desiredOf(sent: unknown, refuse: (problem: string) => StateFileError): DesiredOrganization {
  try {
    const { name, display_name, branding, metadata, connections } = requireValid(StateOrganizationDto, sent);
    return {
      name,
      profile: { displayName: display_name, branding, metadata },
      connections: connections?.map((connection) => ({ name: connection.name, settings: changesIn(connection) })),
    };
  } catch (error) {
    throw error instanceof DomainError ? refuse(error.detail) : error;
  }
}

/** An organization in YAML. Settings that have their default are omitted, except for the flags. */
export function stateOf({ name, displayName, branding, metadata, connections }: PresentOrganization): string {
  const organization = {
    name,
    display_name: displayName ?? undefined,
    branding: branding ?? undefined,
    metadata: metadata ?? undefined,
    connections: connections.map((row) => ({ name: row.name, ...statedSettings(row) })),
  };
  return dump([organization], { skipInvalid: true, lineWidth: -1 }).replace(/^(?=.)/gm, '  ');
}

function statedSettings(row: Settings): object {
  const stated = SETTING_NAMES.filter((name) => name in FLAGS || row[name] !== SETTINGS[name].initial);
  return Object.fromEntries(stated.map((name) => [SETTINGS[name].name, row[name]]));
}

const FLAGS: Readonly<Record<keyof Flags, true>> = {
  assignMembershipOnLogin: true,
  isSignupEnabled: true,
  showAsButton: true,
};
