import { ApiExtension } from './decorators.js';

export const HAS_ENTITY_TAG = 'x-has-entity-tag';

/** The operation is about one resource with an entity tag. What follows from it for the document is in openapi/. */
export const ApiEntityTag = () => ApiExtension(HAS_ENTITY_TAG, true);
