import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const FOLDERS = ['.', 'docs', 'docs/decisions', 'bench', 'prisma', 'examples/login-page'];
const pagesIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.md'));
const PAGES = FOLDERS.flatMap((folder) => pagesIn(folder).map((name) => join(folder, name)));

const textOf = (page: string) => readFileSync(page, 'utf8').replace(/^ *```.*?^ *```$/gms, '');

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Why a link of the page leads nowhere; undefined when it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(target)) return `${link}: there is no ${target}`;
  if (anchor === undefined || !target.endsWith('.md') || statSync(target).isDirectory()) return undefined;
  return anchorsOf(target).has(anchor) ? undefined : `${link}: ${target} has no such heading`;
}

describe('the pages', () => {
  it.each(PAGES)('%s has no broken link within the repository', (page) => {
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
    const problems = links.filter((link) => !/^\w+:/.test(link)).map((link) => problemOf(page, link));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  it.each(pagesIn('docs').filter((name) => name !== 'README.md'))('docs/%s is in the index', (page) => {
    expect(readFileSync('docs/README.md', 'utf8')).toContain(`](${page})`);
  });
});
