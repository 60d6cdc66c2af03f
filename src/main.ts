import { loadConfig } from './config/config.js';
import { runOrExplain } from './run-or-explain.js';
import { serve } from './serve.js';

await runOrExplain(() => serve(loadConfig(process.env)));
