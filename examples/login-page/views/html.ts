import { htmlEscape } from 'escape-goat';

/** Markup, made by {@link html} alone. */
export class Html {
  constructor(private readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

type Content = string | number | Html | readonly Html[] | false | undefined;

/** Whatever is put into the template is escaped, unless it was made by this function too. There is no way around that. */
export function html(literals: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(String.raw({ raw: literals }, ...contents.map(markupOf)));
}

function markupOf(content: Content): string {
  if (content instanceof Html) return content.toString();
  if (content === undefined || content === false) return '';
  return typeof content === 'object' ? content.join('') : htmlEscape(String(content));
}
