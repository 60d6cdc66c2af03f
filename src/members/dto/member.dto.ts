import { ApiProperty } from '@nestjs/swagger';
import { FieldsField, IncludeFieldsField } from '../../http/field-selection.js';
import { LimitedPageField, PagingDto } from '../../http/pagination.js';
import { StringListField } from '../../http/validation/fields.js';
import { AcceptOtherProperties } from '../../http/validation/other-properties.js';

const MAX_MEMBERS_AT_ONCE = 100;

export class ListMembersDto extends PagingDto {
  @LimitedPageField() declare page?: number;
  @FieldsField() fields?: string;
  @IncludeFieldsField() include_fields?: boolean;
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

/** With `fields`, some of the properties are missing. */
export class MemberResponse {
  @ApiProperty({ required: false }) user_id!: string;
  @ApiProperty({ required: false, format: 'email' }) email?: string;
  @ApiProperty({ required: false }) picture?: string;
  @ApiProperty({ required: false }) name?: string;
}
