import { Redis } from 'ioredis';
import { WINDOW_MS, type Lease, type Leases } from './leases.js';

const PREFIX = 'vestibule:rate-limit:';

/** Redis runs a script atomically, so reading and counting are one step. */
const SCRIPT = `
  local used = tonumber(redis.call('GET', KEYS[1]) or '0')
  local granted = math.max(0, math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - used))
  if used == 0 then redis.call('SET', KEYS[1], granted, 'PX', ARGV[3])
  elseif granted > 0 then redis.call('INCRBY', KEYS[1], granted) end
  return { granted, math.max(0, tonumber(ARGV[2]) - used - granted), redis.call('PTTL', KEYS[1]) }`;

interface ScriptedRedis extends Redis {
  lease(key: string, wanted: number, limit: number, windowMs: number): Promise<[number, number, number]>;
}

export class RedisLeases implements Leases {
  private readonly redis: ScriptedRedis;

  constructor(url: string) {
    const redis = new Redis(url, {
      lazyConnect: true,
      // A command fails at once while Redis is unreachable.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
    });
    // Each command fails with the reason, so the event is not needed.
    redis.on('error', () => undefined);
    redis.defineCommand('lease', { numberOfKeys: 1, lua: SCRIPT });
    this.redis = redis as ScriptedRedis;
  }

  async lease(key: string, wanted: number, limit: number): Promise<Lease> {
    const [granted, free, endsInMs] = await this.redis.lease(PREFIX + key, wanted, limit, WINDOW_MS);
    return { granted, free, endsInMs };
  }

  async ping(): Promise<unknown> {
    if (this.redis.status === 'wait') await this.redis.connect();
    return this.redis.ping();
  }

  close(): Promise<void> {
    this.redis.disconnect();
    return Promise.resolve();
  }
}
