import type { AppConfig } from '../config/config.js';

/** For browsers: no guessing of the type, no scripts or other loads, no frames, no referrer. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

const ONE_YEAR = 'max-age=31536000';

/**
 * For answers over HTTPS. With the development certificate there is no `Strict-Transport-Security`: it would apply to all
 * programs on localhost, and others use plain HTTP.
 */
export const httpsSecurityHeaders = ({ production, tls }: AppConfig): Record<string, string> =>
  production || tls?.certificate !== undefined
    ? { ...SECURITY_HEADERS, 'strict-transport-security': ONE_YEAR }
    : SECURITY_HEADERS;
