import { ApiExtension } from '@nestjs/swagger';

export const HAS_ENTITY_TAG = 'x-has-entity-tag';

/** What the mark says: whether every good answer has a tag. */
export interface EntityTagMark {
  /** A page of a list has none. */
  readonly ofWholeListOnly?: boolean;
}

/** The operation is about one resource with an entity tag. What follows from it for the document is in openapi/. */
export const ApiEntityTag = (mark: EntityTagMark = {}) => ApiExtension(HAS_ENTITY_TAG, mark);
