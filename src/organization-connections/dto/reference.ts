import type { Reference } from '../domain/reference.js';
import type { WantedRow } from '../domain/replacement.js';
import { newSettingsIn } from '../domain/settings.js';
import type { WantedConnectionDto } from './replacement.dto.js';

/** The connection that a body names; it has exactly one of the two. */
export function connectionOf(dto: { connection_id?: string; connection_name?: string }): Reference {
  return dto.connection_id === undefined ? { name: dto.connection_name! } : { id: dto.connection_id };
}

export const wantedRowOf = (dto: WantedConnectionDto): WantedRow => ({
  connection: connectionOf(dto),
  ...newSettingsIn(dto),
});
