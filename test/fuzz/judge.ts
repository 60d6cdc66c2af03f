import { STATUS_CODES } from 'node:http';
import { expectDocumented } from '../support/openapi.js';
import type { FuzzRequest } from './requests.js';
import { isEndless, type WireAnswer } from './wire.js';

/** 503 says which of these it is. */
const TRY_AGAIN = new Set(['service_overloaded', 'database_unavailable', 'resource_locked', 'keys_unavailable']);

/** What HTTP itself refuses, on every path; the document leaves it out. Its message is the name of the status. */
const BY_HTTP = new Set([400, 408, 413, 415, 417, 431]);

/** Returns what is wrong with an answer, or undefined. */
export function faultOf(
  { method, target, isBroken, isDocumented }: FuzzRequest,
  answer: WireAnswer,
): string | undefined {
  const { status, headers, text } = answer;
  if (method === 'HEAD' && text === '') return status >= 500 && status !== 503 ? `status ${status}` : undefined;
  let body: unknown;
  try {
    body = isEndless(answer) ? text : text === '' ? undefined : JSON.parse(text);
  } catch {
    return 'the body is no JSON';
  }
  const isHealth = target.startsWith('/health/');
  if (status >= 500 && !isHealth && !(status === 503 && TRY_AGAIN.has((body as { errorCode: string }).errorCode))) {
    return `status ${status}`;
  }
  if (status >= 400 && !isHealth) {
    const fault =
      target.startsWith('/oauth/token') && !isErrorBody(body, status) ? oauthFault(body) : errorFault(body, status);
    if (fault !== undefined) return fault;
  }
  const isByHttp = BY_HTTP.has(status) && (body as { message?: string }).message === STATUS_CODES[status];
  // A parameter that is empty makes another path.
  if (isBroken || isByHttp || !isDocumented || /\/(\/|\?|$)/.test(target)) return undefined;
  try {
    expectDocumented(method, target.replace(/^\/api\/v2(?=\/)/, ''), { status, headers, body });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isErrorBody(body: unknown, status: number): boolean {
  return errorFault(body, status) === undefined;
}

/** The one body of every error. */
function errorFault(body: unknown, status: number): string | undefined {
  const { statusCode, error, message, errorCode, ...others } = (body ?? {}) as Record<string, unknown>;
  const isRight =
    statusCode === status &&
    error === STATUS_CODES[status] &&
    typeof message === 'string' &&
    ['string', 'undefined'].includes(typeof errorCode) &&
    Object.keys(others).length === 0;
  return isRight ? undefined : 'not the body of an error';
}

function oauthFault(body: unknown): string | undefined {
  const { error, error_description: description, ...others } = (body ?? {}) as Record<string, unknown>;
  const isRight = typeof error === 'string' && typeof description === 'string' && Object.keys(others).length === 0;
  return isRight ? undefined : 'not the body of an error of RFC 6749';
}
