import type { Organization } from './vestibule.js';

const BLACK = '#000000';
const WHITE = '#ffffff';
const GREY = '#4b5362';

/** Of the stylesheet with an organization's colours; undefined: it has none. */
export function brandSheetUrl({ branding }: Organization): string | undefined {
  const colors = branding?.colors;
  if (colors === undefined) return undefined;
  // A stylesheet of its own, so that the Content-Security-Policy need not allow styles in the page.
  const { primary, page_background: page } = colors;
  return `/assets/brand.css?${new URLSearchParams({ primary, page }).toString()}`;
}

/** @param primary @param page colours as `#rgb`, `#rrggbb` or `#rrggbbaa` */
export function brandSheet(primary: string, page: string): string {
  const [brand, around] = [opaque(primary), opaque(page)];
  const text = readable(brand, [WHITE, BLACK]);
  const line = (on: string) => (text === on ? brand : `color-mix(in srgb, ${text} 25%, ${brand})`);
  return `:root {
  --brand: ${brand};
  --on-brand: ${text};
  --brand-line: ${line(WHITE)};
  --around: ${around};
  --on-around: ${readable(around, [GREY, WHITE, BLACK])};
}

@media (prefers-color-scheme: dark) {
  :root {
    --brand-line: ${line(BLACK)};
    --around: color-mix(in srgb, ${brand} 8%, #0b0d11);
    --on-around: #c5cad3;
  }
}
`;
}

/** As `#rrggbb`: how a colour that is seen through looks depends on what is behind it. */
function opaque(color: string): string {
  const digits = color.slice(1).toLowerCase();
  return `#${digits.length === 3 ? digits.replace(/./g, '$&$&') : digits.slice(0, 6)}`;
}

/** The first that has the contrast which WCAG 2.2 wants of text. On any colour that is true of white or of black. */
const readable = (on: string, colors: readonly string[]): string =>
  colors.find((color) => contrast(color, on) >= 4.5) ?? BLACK;

function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (lighter! + 0.05) / (darker! + 0.05);
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
