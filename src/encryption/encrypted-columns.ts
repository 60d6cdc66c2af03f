/** A table with something encrypted in it, and in its column `key_id` the key. */
export interface EncryptedColumn {
  readonly table: string;
  /** Which row it is. */
  readonly id: string;
  readonly jwe: string;
}

/** What `vestibule keys rotate --encryption` walks over. `key_id` refers to `encryption_keys`; null: nothing is encrypted. */
export const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: 'connection_secrets', id: 'connection_id', jwe: 'jwe' },
  { table: 'signing_keys', id: 'kid', jwe: 'private_jwe' },
  { table: 'idempotency_keys', id: 'id', jwe: 'body_jwe' },
  { table: 'event_streams', id: 'id', jwe: 'secrets' },
];
