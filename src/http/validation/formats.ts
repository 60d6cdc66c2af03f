/** The named formats of string fields, each a question whether a text has it. */
export const FORMATS = {
  'organization-name': (text: string) => /^[a-z0-9][a-z0-9_-]*$/.test(text),
  'connection-id': (text: string) => /^con_[A-Za-z0-9]{16}$/.test(text),
  'html-color': (text: string) => /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text),
  'strict-https-uri-or-null': (text: string) => URL.canParse(text) && new URL(text).protocol === 'https:',
  'client-id': (text: string) => /^[A-Za-z0-9_-]{1,64}$/.test(text),
  'connection-realm': (text: string) => text.length > 0 && text.length <= 255,
} as const;

export type FormatName = keyof typeof FORMATS;
