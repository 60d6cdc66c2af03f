import { createHash } from 'node:crypto';
import type { Connection } from '../database/client.js';
import { shortHash, tagged } from '../http/entity-tag.js';
import { select, tagPartOf, type FieldSelection } from '../http/field-selection.js';
import type { ConnectionResponse } from './dto/connection.dto.js';

export function presentConnection(
  row: Connection,
  publicUrl: string,
  selection?: FieldSelection,
): Partial<ConnectionResponse> {
  const whole: ConnectionResponse = {
    id: row.id,
    name: row.name,
    strategy: row.strategy,
    options: row.options as object,
    ...(row.displayName === null ? undefined : { display_name: row.displayName }),
    realms: row.realms,
    // Auth0 returns them sorted (seen in recorded traffic).
    enabled_clients: [...row.enabledClients].sort(),
    is_domain_connection: row.isDomainConnection,
    ...(row.showAsButton === null ? undefined : { show_as_button: row.showAsButton }),
    ...(row.metadata === null ? undefined : { metadata: row.metadata as object }),
    authentication: row.authentication as object,
    connected_accounts: row.connectedAccounts as object,
    ...(row.crossAppAccessRequestingApp === null
      ? undefined
      : { cross_app_access_requesting_app: row.crossAppAccessRequestingApp as object }),
    ...(HAS_TICKET.has(row.strategy) ? { provisioning_ticket_url: ticketUrl(row, publicUrl) } : undefined),
  };
  // This field is returned even when `fields` does not list it (seen in recorded traffic).
  return select(whole, selection, ['is_domain_connection']);
}

/** A connection with its ETag. */
export function presentOneConnection(
  row: Connection,
  publicUrl: string,
  selection?: FieldSelection,
): Partial<ConnectionResponse> {
  const ticketHost = HAS_TICKET.has(row.strategy) ? shortHash(publicUrl) : undefined;
  return tagged(presentConnection(row, publicUrl, selection), row, ticketHost, tagPartOf(selection));
}

/** Strategies whose connections have a `provisioning_ticket_url` (seen in recorded traffic). */
const HAS_TICKET: ReadonlySet<string> = new Set(['ad', 'adfs', 'google-apps', 'pingfederate', 'waad']);

/** A stable URL for each connection. Clients expect the field; the service has no page at this URL. */
function ticketUrl({ id, strategy }: Connection, publicUrl: string): string {
  const ticket = createHash('sha256').update(id).digest('base64url').slice(0, 8);
  return `${publicUrl}/p/${strategy}/${ticket}`;
}
