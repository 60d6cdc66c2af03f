/** A table with an encrypted column, and with the id of the key in `key_id`. */
export interface EncryptedColumn {
  readonly table: string;
  /** The primary key. */
  readonly id: string;
  readonly jwe: string;
}

/** What `vestibule keys rotate --encryption` re-encrypts. A row without a secret has null in `key_id`. */
export const ENCRYPTED_COLUMNS: readonly EncryptedColumn[] = [
  { table: 'connection_secrets', id: 'connection_id', jwe: 'jwe' },
  { table: 'signing_keys', id: 'kid', jwe: 'private_jwe' },
  { table: 'idempotency_keys', id: 'id', jwe: 'body_jwe' },
  { table: 'event_streams', id: 'id', jwe: 'secrets' },
];
