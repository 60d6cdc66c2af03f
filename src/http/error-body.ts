import { STATUS_CODES } from 'node:http';

/** The body of every error of the Management API. */
export interface ErrorBody {
  statusCode: number;
  error: string;
  message: string;
  errorCode?: string;
}

export function errorBody(statusCode: number, message: string, errorCode?: string): ErrorBody {
  const body: ErrorBody = { statusCode, error: reasonOf(statusCode), message };
  if (errorCode !== undefined) body.errorCode = errorCode;
  return body;
}

/** The body for a refusal by the HTTP layer, which has no message but the status. */
export function plainErrorBody(statusCode: number): ErrorBody {
  return errorBody(statusCode, reasonOf(statusCode));
}

const reasonOf = (statusCode: number) => STATUS_CODES[statusCode] ?? 'Error';
