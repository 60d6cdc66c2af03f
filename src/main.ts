import { refusalOfNode } from './node-version.js';

const refusal = refusalOfNode(process.versions.node);
if (refusal !== undefined) {
  process.stderr.write(refusal + '\n');
  process.exit(1);
}
// Not before: an old Node.js fails on what it does not know as soon as it is imported.
void import('./start.js');
