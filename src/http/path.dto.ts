import { StringField } from './validation/fields.js';

export const MAX_ID_LENGTH = 50;

/** The organization in the path of a request. */
export class OrganizationPathDto {
  @StringField({ required: true, maxLength: MAX_ID_LENGTH }) id!: string;
}
