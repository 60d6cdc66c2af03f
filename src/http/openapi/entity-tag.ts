import { ApiResponse } from '@nestjs/swagger';
import { ErrorResponse } from './responses.js';

/** The operation takes preconditions on an entity tag. The document adds the headers of every one that can answer 412. */
export const ApiEntityTag = () => ApiResponse({ status: 412, type: ErrorResponse });
