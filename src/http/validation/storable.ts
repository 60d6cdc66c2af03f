/** Returns whether Postgres can store a text: one without NUL and without lone surrogates. */
export const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed();
