import { ApiProperty } from '../../http/openapi/decorators.js';
import { PagingDto } from '../../http/pagination.js';
import { BooleanField, IntegerField, StringField, StringListField } from '../../http/validation/fields.js';
import { AcceptOtherProperties } from '../../http/validation/other-properties.js';

const MAX_ID_LENGTH = 50;
const MAX_PAGE = 1000;
const MAX_MEMBERS_AT_ONCE = 100;

export class MembersPathDto {
  @StringField({ required: true, maxLength: MAX_ID_LENGTH })
  id!: string;
}

export class ListMembersDto extends PagingDto {
  @IntegerField({ minimum: 0, maximum: MAX_PAGE })
  declare page?: number;

  @StringField({ description: 'Names of fields, separated by commas' })
  fields?: string;

  @BooleanField({ description: 'Whether the named fields are the ones to show (the default) or to leave out' })
  include_fields?: boolean;
}

@AcceptOtherProperties()
export class MembersDto {
  @StringListField({
    required: true,
    item: { format: 'user-id-with-max-length' },
    minItems: 1,
    maxItems: MAX_MEMBERS_AT_ONCE,
    description: 'Ids of users',
  })
  members!: string[];
}

/** With `fields`, only some of the properties are there. */
export class MemberResponse {
  @ApiProperty({ required: false })
  user_id!: string;

  @ApiProperty({ required: false, format: 'email' })
  email?: string;

  @ApiProperty({ required: false })
  picture?: string;

  @ApiProperty({ required: false })
  name?: string;
}
