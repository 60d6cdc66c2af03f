import { ApiProperty } from '@nestjs/swagger';
import { ObjectListField, StringField } from '../../http/validation/fields.js';
import {
  CONNECTION_ID_LIMITS,
  OrganizationConnectionResponse,
  OrganizationConnectionSettingsDto,
} from './organization-connection.dto.js';

const MAX_CONNECTION_NAME_LENGTH = 128;
/** The greatest value of MAX_CONNECTIONS_PER_ORGANIZATION. */
const MAX_CONNECTIONS = 10_000;

export const ConnectionIdField = () =>
  StringField({
    ...CONNECTION_ID_LIMITS,
    insteadOf: 'connection_name',
    description: 'Exactly one of connection_id and connection_name',
  });

export const ConnectionNameField = () =>
  StringField({ minLength: 1, maxLength: MAX_CONNECTION_NAME_LENGTH, insteadOf: 'connection_id' });

export class WantedConnectionDto extends OrganizationConnectionSettingsDto {
  @ConnectionIdField() connection_id?: string;
  @ConnectionNameField() connection_name?: string;
}

export class OrganizationConnectionsReplaceDto {
  @ObjectListField(() => WantedConnectionDto, {
    required: true,
    maxItems: MAX_CONNECTIONS,
    description: 'All connections that the organization is to have. A setting that a row leaves out gets its default',
  })
  connections!: WantedConnectionDto[];
}

export const Count = () => ApiProperty({ type: 'integer', minimum: 0 });

export class ReplacementSummary {
  @Count() added!: number;
  @Count() changed!: number;
  @Count() removed!: number;
  @Count() unchanged!: number;
}

export class OrganizationConnectionsReplacedResponse {
  @ApiProperty({ type: () => [OrganizationConnectionResponse] }) connections!: OrganizationConnectionResponse[];
  @ApiProperty() summary!: ReplacementSummary;
}
