/** Whether Postgres can keep the text: it knows neither NUL nor half a surrogate pair. */
export const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed();
