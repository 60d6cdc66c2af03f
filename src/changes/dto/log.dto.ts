import { ApiProperty } from '@nestjs/swagger';
import { SelectFieldsDto } from '../../http/field-selection.js';
import { BooleanField, IntegerField, StringField } from '../../http/validation/fields.js';

const MAX_PAGE_SIZE = 100;
const SEARCH = {
  maxLength: 1024,
  description:
    'Terms such as type:sapi, client_id:…, user_id:"…", ip:…, description:"…" or date:[2026-01-01 TO *], which all ' +
    'have to hold; anything else of the query language is refused',
};

export class LogPathDto {
  @StringField({ required: true, maxLength: 64 }) id!: string;
}

export class ListLogsDto extends SelectFieldsDto {
  @IntegerField({ minimum: 0, maximum: 1000 }) page?: number;
  @IntegerField({ minimum: 0, maximum: MAX_PAGE_SIZE }) per_page?: number;
  @StringField({ pattern: /^date:-?1$/, description: 'The default is date:-1, newest first' }) sort?: string;
  @BooleanField() include_totals?: boolean;
  @StringField(SEARCH) q?: string;
  @StringField({ ...SEARCH, description: 'Another name of q' }) search?: string;

  @StringField({
    pattern: /^\d{1,18}$/,
    description: 'A log_id: entries after it. Of the other parameters only take counts',
  })
  from?: string;

  @IntegerField({ minimum: 1, maximum: MAX_PAGE_SIZE }) take?: number;
}

export class LogDetailsResponse {
  @ApiProperty({ type: 'object', additionalProperties: true }) request!: object;
  @ApiProperty({ type: 'object', additionalProperties: true }) response!: object;
}

export class LogReferencesResponse {
  @ApiProperty({ required: false, description: 'The `X-Request-Id` of the answer' }) correlation_id?: string;
}

/** With `fields`, only some of the properties are there. */
export class LogResponse {
  @ApiProperty({ required: false, format: 'date-time' }) date!: string;
  @ApiProperty({ required: false, enum: ['sapi'] }) type!: 'sapi';
  @ApiProperty({ required: false }) description!: string;
  @ApiProperty({ required: false }) client_id?: string;
  @ApiProperty({ required: false }) client_name!: string;
  @ApiProperty({ required: false }) ip!: string;
  @ApiProperty({ required: false }) hostname?: string;
  @ApiProperty({ required: false }) user_id!: string;
  @ApiProperty({ required: false }) user_agent?: string;
  @ApiProperty({ required: false }) details!: LogDetailsResponse;
  @ApiProperty({ required: false }) references!: LogReferencesResponse;
  @ApiProperty({ required: false }) log_id!: string;
  @ApiProperty({ required: false }) tenant_name!: string;
  @ApiProperty({ required: false }) environment_name!: string;
  @ApiProperty({ required: false }) isMobile!: boolean;
}
