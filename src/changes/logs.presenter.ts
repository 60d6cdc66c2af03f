import { select, type FieldSelection } from '../http/field-selection.js';
import { withoutBookkeeping } from './domain/change.js';
import { descriptionOf, type LogEntry } from './domain/log-entry.js';
import type { LogResponse } from './dto/log.dto.js';

/** The format requires an address, which changes made by commands do not have. */
const NO_ADDRESS = '0.0.0.0';

export function presentLog(
  { change, clientName }: LogEntry,
  tenant: string,
  selection?: FieldSelection,
): Partial<LogResponse> {
  const {
    subject = '',
    client_id,
    ip = NO_ADDRESS,
    user_agent,
    request_id,
    method,
    host,
    path,
    status,
  } = change.actor ?? {};
  const whole: LogResponse = {
    date: change.changedAt.toISOString(),
    type: 'sapi',
    description: descriptionOf(change),
    client_id,
    client_name: clientName ?? '',
    ip,
    hostname: host,
    user_id: subject,
    user_agent,
    details: {
      request: {
        method: method?.toLowerCase(),
        path,
        ip,
        userAgent: user_agent,
        channel: 'api',
        auth: { subject, credentials: { client_id } },
      },
      response: { statusCode: status, body: withoutBookkeeping(change.after ?? {}) },
    },
    references: { correlation_id: request_id },
    log_id: String(change.sequence),
    tenant_name: tenant,
    environment_name: tenant,
    isMobile: false,
  };
  return select(whole, selection);
}
