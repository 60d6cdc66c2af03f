import { loadConfig } from './config/config.js';
import { runOrExplain } from './run-or-explain.js';

await runOrExplain(async () => {
  const config = loadConfig(process.env);
  // Loading all the rest takes most of a second, which a bad configuration need not wait for.
  const { serve } = await import('./serve.js');
  await serve(config);
});
