#!/usr/bin/env node
import { existsSync } from 'fs';

function fail(line) {
  process.stderr.write(line + '\n');
  process.exit(1);
}

const dist = (file) => new URL('../dist/' + file, import.meta.url);
if (!existsSync(dist('cli.js'))) fail('vestibule is not built yet. Run: npm run build');
// One after the other: an old Node.js fails on what it does not know as soon as it is imported.
import(dist('node-version.js').href).then(({ refusalOfNode }) => {
  const refusal = refusalOfNode(process.versions.node);
  if (refusal !== undefined) fail(refusal);
  return import(dist('cli.js').href);
});
