import { loadConfig } from './config/config.js';
import { runOrExplain } from './run-or-explain.js';

await runOrExplain(async () => {
  const config = loadConfig(process.env);
  // Loading the rest takes most of a second, so a bad configuration is reported first.
  const { serve } = await import('./serve.js');
  await serve(config);
});
