// Loaded into the server before itself: tells its parent what memory it holds once all garbage is collected.
import { setTimeout as delay } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';

process.on('message', async ({ settle, snapshot }) => {
  for (let left = settle; left > 0; left--) {
    globalThis.gc();
    await delay(100);
  }
  if (snapshot) writeHeapSnapshot(snapshot);
  process.send(process.memoryUsage());
});
process.channel.unref();
