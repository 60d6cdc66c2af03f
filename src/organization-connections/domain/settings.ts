import type { Flags } from './flags.js';

export const ACCESS_LEVELS = ['none', 'readonly', 'limited', 'full'] as const;
export type AccessLevel = (typeof ACCESS_LEVELS)[number];

/** The settings of an organization connection. */
export interface Settings extends Flags {
  isEnabled: boolean;
  organizationAccessLevel: AccessLevel;
  /** Null when it is not set. */
  organizationMemberAccessLevel: AccessLevel | null;
  /** Null when it is not set. */
  organizationConnectionName: string | null;
}

export type SettingName = keyof Settings;

interface Setting<Value> {
  /** Its name on the wire, as a column, in events and in the state file. */
  readonly name: string;
  readonly type: 'boolean' | 'text' | 'organization_access_level';
  /** The value of a new row whose request leaves it out. A null in a PATCH of the connections API resets to it. */
  readonly initial: Value;
  /** Whether events show it. The provider's event schemas leave the display name out. */
  readonly isInEvents: boolean;
}

/**
 * The one declaration of the settings. Row types, mappings and SQL lists are made from it, so that a new setting is a
 * line here, a field of each DTO and presenter, and a column.
 */
export const SETTINGS = {
  assignMembershipOnLogin: { name: 'assign_membership_on_login', type: 'boolean', initial: false, isInEvents: true },
  isSignupEnabled: { name: 'is_signup_enabled', type: 'boolean', initial: false, isInEvents: true },
  showAsButton: { name: 'show_as_button', type: 'boolean', initial: true, isInEvents: true },
  isEnabled: { name: 'is_enabled', type: 'boolean', initial: true, isInEvents: true },
  organizationAccessLevel: {
    name: 'organization_access_level',
    type: 'organization_access_level',
    initial: 'none',
    isInEvents: true,
  },
  organizationMemberAccessLevel: {
    name: 'organization_member_access_level',
    type: 'organization_access_level',
    initial: null,
    isInEvents: true,
  },
  organizationConnectionName: { name: 'organization_connection_name', type: 'text', initial: null, isInEvents: false },
} as const satisfies { readonly [Name in SettingName]: Setting<Settings[Name]> };

export type WireName = (typeof SETTINGS)[SettingName]['name'];
export type FlagName = (typeof SETTINGS)[keyof Flags]['name'];

/** A body of the connections API, which has every setting, or of the enabled-connections API, which has the flags alone. */
export type Complete<Body, Known = Extract<keyof Body, WireName>> = [WireName] extends [Known]
  ? Body
  : [Known] extends [FlagName]
    ? Body
    : never;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The names on the wire, in the order of the declaration. */
export const WIRE_NAMES: readonly WireName[] = SETTING_NAMES.map((name) => SETTINGS[name].name);

/** The names in events. */
export const EVENT_NAMES: readonly string[] = SETTING_NAMES.map((name) => SETTINGS[name])
  .filter(({ isInEvents }) => isInEvents)
  .map(({ name }) => name);

export const DEFAULT_SETTINGS = settingsBy(({ initial }) => initial);

/** Makes an object with a value for each setting. */
function settingsBy(valueOf: (setting: Setting<unknown>) => unknown): Settings {
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, valueOf(SETTINGS[name])])) as unknown as Settings;
}

/** Reads settings from an object with wire names. Missing ones are undefined, and null is the default. */
export function changesIn<Body extends object>(sent: Body & Complete<Body>): Partial<Settings> {
  return settingsBy(({ name, initial }) => {
    const value = (sent as Readonly<Record<string, unknown>>)[name];
    return value === null ? initial : value;
  });
}

/** The settings of a new row, with defaults for those that the request leaves out. */
export function newSettingsIn<Body extends object>(sent: Body & Complete<Body>): Settings {
  return settingsBy(({ name, initial }) => (sent as Readonly<Record<string, unknown>>)[name] ?? initial);
}

/** Picks the settings of a row. */
export function settingsOf(row: Settings): Settings {
  return Object.fromEntries(SETTING_NAMES.map((name) => [name, row[name]])) as unknown as Settings;
}

/** The settings by their names on the wire. */
export function toWireNames(settings: Settings): Record<WireName, unknown> {
  return Object.fromEntries(SETTING_NAMES.map((name) => [SETTINGS[name].name, settings[name]])) as never;
}

/** Applies changes to a row. Undefined ones change nothing. */
export function withChanges<Row extends Settings>(row: Row, changes: Partial<Settings>): Row {
  const made = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...row, ...Object.fromEntries(made) };
}

export const changesNothing = (changes: Partial<Settings>): boolean =>
  Object.values(changes).every((value) => value === undefined);

export const isSame = (a: Settings, b: Settings): boolean => SETTING_NAMES.every((name) => a[name] === b[name]);
