/** Folders below the features: what each of them may import from `src/` beside itself. */
const LOWER = {
  errors: [],
  config: [],
  database: ['errors/', 'config/', 'paths.ts', 'unless-aborted.ts', 'actor.ts'],
  http: ['errors/', 'config/'],
  encryption: ['config/', 'database/', 'paths.ts', 'actor.ts'],
  auth: ['errors/', 'config/', 'database/', 'encryption/', 'http/', 'identifiers.ts', 'actor.ts'],
  metrics: ['config/', 'database/', 'event-streams/', 'http/', 'login/', 'rate-limit/'],
  tracing: ['config/', 'database/', 'unless-aborted.ts'],
};

/** Where everything is put together, and what starts it. */
const TOP =
  '^src/(main|start|cli|serve|server|observation|configure-app|write-openapi|(app|cli|background-jobs)\\.module)\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle-of-files', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-circle-of-folders',
      comment: 'What both folders need belongs into a folder below them.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'top-is-imported-by-nobody',
      severity: 'error',
      from: { path: '^src/', pathNot: TOP },
      to: { path: TOP },
    },
    ...Object.entries(LOWER).map(([folder, below]) => ({
      name: `${folder}-imports-downward`,
      comment: 'What it needs from above is passed to it.',
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: [folder + '/', ...below].map((path) => `^src/${path}`) },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types count too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/database/generated/' },
  },
};
