import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';

/** The body of every error of the Management API. */
export class ErrorResponse {
  @ApiProperty({ type: 'integer' }) statusCode!: number;
  @ApiProperty({ description: 'The text of the status' }) error!: string;
  @ApiProperty() message!: string;
  @ApiProperty({ required: false, description: 'A stable name of the cause, where it has one' }) errorCode?: string;
}

/** Statuses of every guarded route. */
const ALWAYS = [400, 401, 403, 429, 500, 503];

/** Temporary conditions, with `Retry-After`. */
const TEMPORARY = new Set([429, 503]);

const RETRY_AFTER = {
  'Retry-After': { description: 'In how many seconds to try again', schema: { type: 'integer' } },
} as const;

/** Declares the error statuses of a route: those of every route and its own. */
export const ApiErrors = (...statuses: number[]) =>
  applyDecorators(...[...ALWAYS, ...statuses].map((status) => responseOf(status)));

const responseOf = (status: number) =>
  ApiResponse({ status, type: ErrorResponse, ...(TEMPORARY.has(status) ? { headers: RETRY_AFTER } : undefined) });
