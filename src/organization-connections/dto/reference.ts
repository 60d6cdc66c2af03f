import type { Reference } from '../domain/reference.js';
import type { WantedRow } from '../domain/replacement.js';
import { newSettingsIn } from '../domain/settings.js';
import type { WantedConnectionDto } from './replacement.dto.js';

/** The connection in a body, which has exactly one of the two fields. */
export function connectionOf(dto: { connection_id?: string; connection_name?: string }): Reference {
  return dto.connection_id === undefined ? { name: dto.connection_name! } : { id: dto.connection_id };
}

export const wantedRowOf = (dto: WantedConnectionDto): WantedRow => ({
  connection: connectionOf(dto),
  ...newSettingsIn(dto),
});
