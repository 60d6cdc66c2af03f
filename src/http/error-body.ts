import { STATUS_CODES } from 'node:http';

/** The only body an error has, and nothing else. */
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

/** For what the HTTP layer itself refuses: a status says it all. */
export function plainErrorBody(statusCode: number): ErrorBody {
  return errorBody(statusCode, reasonOf(statusCode));
}

const reasonOf = (statusCode: number) => STATUS_CODES[statusCode] ?? 'Error';
