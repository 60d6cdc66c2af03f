import pc from 'picocolors';
import { SETTINGS, type SettingName } from '../organization-connections/domain/settings.js';
import type { Action, FieldPlan, OrganizationPlan, Profile } from './domain/organization-plan.js';

const SIGNS: Readonly<Record<Action, string>> = { add: pc.green('+'), change: pc.yellow('~'), remove: pc.red('-') };

/** A plan as text, in the style of Terraform. */
export function presentPlan({ action, name, fields, connections }: OrganizationPlan): string {
  if (action === 'none') return '';
  return [
    `${SIGNS[action]} ${pc.bold(name)}`,
    ...fields.map((field) => presentField(field, '    ')),
    ...connections.flatMap((connection) => [
      `    ${SIGNS[connection.action]} ${connection.name}`,
      ...connection.fields.map((field) => presentField(field, '        ')),
    ]),
    '',
  ].join('\n');
}

function presentField({ field, from, to }: FieldPlan, indent: string): string {
  const before = from === undefined || from === null ? '' : `${JSON.stringify(from)} → `;
  return `${indent}${wireNameOf(field)}: ${before}${JSON.stringify(to)}`;
}

const PROFILE_NAMES: Readonly<Record<keyof Profile, string>> = {
  displayName: 'display_name',
  branding: 'branding',
  metadata: 'metadata',
};

const wireNameOf = (field: FieldPlan['field']): string =>
  field in PROFILE_NAMES ? PROFILE_NAMES[field as keyof Profile] : SETTINGS[field as SettingName].name;

/** Counts planned changes, for the last line of the output. */
export class Tally {
  private readonly counts = { organizations: { ...NONE }, connections: { ...NONE } };

  count({ action, connections }: OrganizationPlan): void {
    if (action !== 'none') this.counts.organizations[action]++;
    for (const connection of connections) this.counts.connections[connection.action]++;
  }

  get isEmpty(): boolean {
    return Object.values(this.counts.organizations).every((count) => count === 0);
  }

  toString(): string {
    const { organizations, connections } = this.counts;
    return `Organizations: ${inWords(organizations)}. Connections of organizations: ${inWords(connections)}.`;
  }
}

const NONE: Readonly<Record<Action, number>> = { add: 0, change: 0, remove: 0 };

const inWords = ({ add, change, remove }: Record<Action, number>) =>
  `${add} to add, ${change} to change, ${remove} to remove`;
