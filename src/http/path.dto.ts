import { StringField } from './validation/fields.js';

export const MAX_ID_LENGTH = 50;

/** The organization in the path of a request, of its own or of what it has. */
export class OrganizationPathDto {
  @StringField({ required: true, maxLength: MAX_ID_LENGTH }) id!: string;
}
