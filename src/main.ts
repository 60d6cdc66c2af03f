import { refusalOfNode } from './node-version.js';

const refusal = refusalOfNode(process.versions.node);
if (refusal !== undefined) {
  process.stderr.write(refusal + '\n');
  process.exit(1);
}
// Imported only now, because an old Node.js would fail on syntax that it does not know.
void import('./start.js');
