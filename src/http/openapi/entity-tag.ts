import { ApiResponse } from '@nestjs/swagger';
import { ErrorResponse } from './responses.js';

/** Declares that the operation takes preconditions. The document adds the headers to every operation that can answer 412. */
export const ApiEntityTag = () => ApiResponse({ status: 412, type: ErrorResponse });
