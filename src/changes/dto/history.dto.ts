import { ApiProperty } from '@nestjs/swagger';
import { CheckpointPagingDto } from '../../http/pagination.js';
import { EnumField, StringField } from '../../http/validation/fields.js';
import { OrganizationConnectionPathDto } from '../../organization-connections/dto/organization-connection.dto.js';
import { OrganizationPathDto } from '../../http/path.dto.js';
import { OPERATIONS, RESOURCES, type Operation } from '../domain/change.js';

const SEQUENCE = { required: true, pattern: /^\d{1,18}$/ } as const;

export class ChangePathDto extends OrganizationPathDto {
  @StringField(SEQUENCE) sequence!: string;
}

export class OrganizationConnectionChangePathDto extends OrganizationConnectionPathDto {
  @StringField(SEQUENCE) sequence!: string;
}

export class HistoryQueryDto extends CheckpointPagingDto {
  @StringField({ format: 'date-time', description: 'Changes from this moment on' }) since?: string;
  @StringField({ format: 'date-time', description: 'Changes before this moment' }) until?: string;

  @StringField({ maxLength: 1024, description: 'The subject of the token that the change was made with' })
  actor?: string;

  @EnumField(Object.values(OPERATIONS)) operation?: Operation;
}

export class ChangeActorResponse {
  @ApiProperty({ description: 'The subject of the token, or the command of the command line' }) subject!: string;
  @ApiProperty({ required: false }) client_id?: string;
  @ApiProperty({ required: false }) ip?: string;
  @ApiProperty({ required: false }) user_agent?: string;
  @ApiProperty({ required: false, description: 'The `X-Request-Id` of the answer' }) request_id?: string;
  @ApiProperty({ required: false }) method?: string;
  @ApiProperty({ required: false }) host?: string;
  @ApiProperty({ required: false, description: 'Without the query' }) path?: string;
}

/** The value of any field. */
const ANY_VALUE = {
  oneOf: [
    ...['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
    { type: 'object', additionalProperties: true },
    { type: 'array', items: {} },
  ],
};

export class FieldChangeResponse {
  @ApiProperty() field!: string;

  @ApiProperty({ ...ANY_VALUE, description: 'Null when the field had no value or the row did not exist' })
  from!: unknown;

  @ApiProperty({ ...ANY_VALUE, description: 'Null when the field has no value or the row was deleted' }) to!: unknown;
}

export class ChangedResourceResponse {
  @ApiProperty({ enum: Object.values(RESOURCES) }) type!: string;
  @ApiProperty({ description: 'Of the organization, the connection, the user or the discovery domain' }) id!: string;
}

export class ChangeResponse {
  @ApiProperty({ type: 'integer', description: 'A later change of the same row has a greater one' }) sequence!: number;
  @ApiProperty({ format: 'date-time' }) time!: string;
  @ApiProperty() resource!: ChangedResourceResponse;
  @ApiProperty({ enum: Object.values(OPERATIONS) }) operation!: Operation;

  @ApiProperty({ type: ChangeActorResponse, nullable: true, description: 'Null for a change by SQL' })
  actor!: ChangeActorResponse | null;

  @ApiProperty({ type: [FieldChangeResponse] }) changes!: FieldChangeResponse[];
}

export class HistoryResponse {
  @ApiProperty({ type: () => [ChangeResponse] }) history!: ChangeResponse[];
  @ApiProperty({ required: false }) next?: string;
}
