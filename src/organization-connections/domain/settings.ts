import type { Flags } from './flags.js';

export const ACCESS_LEVELS = ['none', 'readonly', 'limited', 'full'] as const;
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** What can be set of an organization connection. */
export interface Settings extends Flags {
  isEnabled: boolean;
  organizationAccessLevel: AccessLevel;
  /** Null when it is not set. */
  organizationConnectionName: string | null;
}

export type SettingName = keyof Settings;

interface Setting<Value> {
  /** Its name on the wire, as a column, in events and in the state file. */
  readonly name: string;
  readonly type: 'boolean' | 'text' | 'organization_access_level';
  /** What a new row has when the request leaves it out. A null in a PATCH of the connections API puts it back. */
  readonly initial: Value;
}

/**
 * The one declaration of the settings. Row types, mappings and SQL lists are made from it, so that a new setting is a
 * line here, a field of each DTO and presenter, and a column.
 */
export const SETTINGS: { readonly [Name in SettingName]: Setting<Settings[Name]> } = {
  assignMembershipOnLogin: { name: 'assign_membership_on_login', type: 'boolean', initial: false },
  isSignupEnabled: { name: 'is_signup_enabled', type: 'boolean', initial: false },
  showAsButton: { name: 'show_as_button', type: 'boolean', initial: true },
  isEnabled: { name: 'is_enabled', type: 'boolean', initial: true },
  organizationAccessLevel: {
    name: 'organization_access_level',
    type: 'organization_access_level',
    initial: 'none',
  },
  organizationConnectionName: { name: 'organization_connection_name', type: 'text', initial: null },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The names on the wire, in the order of the declaration. */
export const WIRE_NAMES: readonly string[] = SETTING_NAMES.map((name) => SETTINGS[name].name);

export const DEFAULT_SETTINGS = settingsBy(({ initial }) => initial);

/** Makes settings of one value for each. */
function settingsBy(valueOf: (setting: Setting<unknown>) => unknown): Settings {
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, valueOf(SETTINGS[name])])) as unknown as Settings;
}

/** What an object with wire names sets; the rest stays undefined, and null is the default. */
export function changesIn(sent: object): Partial<Settings> {
  return settingsBy(({ name, initial }) => {
    const value = (sent as Readonly<Record<string, unknown>>)[name];
    return value === null ? initial : value;
  });
}

/** The settings of a new row: what the request leaves out is the default. */
export function newSettingsIn(sent: object): Settings {
  return settingsBy(({ name, initial }) => (sent as Readonly<Record<string, unknown>>)[name] ?? initial);
}

/** The settings by their names on the wire. */
export function toWireNames(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(SETTING_NAMES.map((name) => [SETTINGS[name].name, settings[name]]));
}

/** The row as it will be; what is undefined stays. */
export function withChanges<Row extends Settings>(row: Row, changes: Partial<Settings>): Row {
  const made = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...row, ...Object.fromEntries(made) };
}

export const changesNothing = (changes: Partial<Settings>): boolean =>
  Object.values(changes).every((value) => value === undefined);

export const isSame = (a: Settings, b: Settings): boolean => SETTING_NAMES.every((name) => a[name] === b[name]);
