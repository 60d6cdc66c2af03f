import type { AppConfig } from '../config/config.js';

/**
 * For a browser that opens an answer: it is what its type says, loads and runs nothing, is shown in no frame, and leads
 * nobody elsewhere with its address.
 */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

const ONE_YEAR = 'max-age=31536000';

/**
 * For answers over HTTPS. `Strict-Transport-Security` is sent only where HTTPS stays: the development certificate is for
 * localhost, where other programs speak plain HTTP.
 */
export const httpsSecurityHeaders = ({ production, tls }: AppConfig): Record<string, string> =>
  production || tls?.certificate !== undefined
    ? { ...SECURITY_HEADERS, 'strict-transport-security': ONE_YEAR }
    : SECURITY_HEADERS;
