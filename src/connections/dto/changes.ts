import { withoutNulls } from '../../http/validation/text-map.js';
import type { ConnectionChanges, ConnectionDraft } from '../domain/new-connection.js';
import type { ConnectionCreateDto, ConnectionUpdateDto } from './connection.dto.js';

export function draftOf(dto: ConnectionCreateDto): ConnectionDraft {
  return { ...changesOf(dto), name: dto.name, strategy: dto.strategy };
}

export function changesOf(dto: ConnectionCreateDto | ConnectionUpdateDto): ConnectionChanges {
  return {
    displayName: dto.display_name,
    options: dto.options === null ? {} : dto.options,
    realms: dto.realms,
    enabledClients: dto.enabled_clients === null ? [] : dto.enabled_clients,
    isDomainConnection: dto.is_domain_connection,
    showAsButton: dto.show_as_button,
    metadata: withoutNulls(dto.metadata),
    authentication: dto.authentication,
    connectedAccounts: dto.connected_accounts,
    crossAppAccessRequestingApp: dto.cross_app_access_requesting_app,
  };
}
