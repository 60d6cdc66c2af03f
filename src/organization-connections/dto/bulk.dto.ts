import { ApiProperty } from '@nestjs/swagger';
import { ErrorResponse } from '../../http/openapi/responses.js';
import { BooleanField, EnumField, ObjectListField, StringField } from '../../http/validation/fields.js';
import { MAX_ID_LENGTH } from '../../http/path.dto.js';
import { OPERATIONS, type OperationKind } from '../domain/operations.js';
import { OrganizationConnectionResponse, OrganizationConnectionUpdateDto } from './organization-connection.dto.js';
import { ConnectionIdField, ConnectionNameField, Count } from './replacement.dto.js';

export const MAX_OPERATIONS = 1_000;
const MAX_ORGANIZATION_NAME_LENGTH = 50;

/** A setting sent as null gets its default. */
export class OperationDto extends OrganizationConnectionUpdateDto {
  @EnumField(OPERATIONS, { required: true }) op!: OperationKind;

  @StringField({
    minLength: 1,
    maxLength: MAX_ID_LENGTH,
    insteadOf: 'organization_name',
    description: 'Exactly one of organization_id and organization_name',
  })
  organization_id?: string;

  @StringField({ minLength: 1, maxLength: MAX_ORGANIZATION_NAME_LENGTH, insteadOf: 'organization_id' })
  organization_name?: string;

  @ConnectionIdField() connection_id?: string;
  @ConnectionNameField() connection_name?: string;
}

export class BulkQueryDto {
  @BooleanField({ description: 'All operations or none; for a body that is a list' }) atomic?: boolean;
}

export class BulkDto {
  @ObjectListField(() => OperationDto, { required: true, maxItems: MAX_OPERATIONS }) operations!: OperationDto[];
  @BooleanField({ description: 'All operations or none' }) atomic?: boolean;
}

export class OperationResult {
  @ApiProperty({ enum: ['added', 'updated', 'removed', 'error'] }) status!: 'added' | 'updated' | 'removed' | 'error';

  @ApiProperty({
    required: false,
    type: () => OrganizationConnectionResponse,
    description: 'The row after the operation',
  })
  connection?: OrganizationConnectionResponse;

  @ApiProperty({ required: false }) error?: ErrorResponse;
}

export class BulkSummary {
  @Count() added!: number;
  @Count() updated!: number;
  @Count() removed!: number;
  @Count() failed!: number;
}

export class BulkResponse {
  @ApiProperty({ type: () => [OperationResult], description: 'One for each operation, in the order of the request' })
  results!: OperationResult[];

  @ApiProperty() summary!: BulkSummary;
}

/** The connection that replaces the one in the path. */
export class ConnectionReplaceDto {
  @ConnectionIdField() connection_id?: string;
  @ConnectionNameField() connection_name?: string;
}

export class ConnectionReplacedSummary {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'The number of organizations that were changed' })
  replaced!: number;
}

export class ConnectionReplacedResponse {
  @ApiProperty() summary!: ConnectionReplacedSummary;
}
