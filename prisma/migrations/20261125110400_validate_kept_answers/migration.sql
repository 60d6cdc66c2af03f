-- Why: the constraints of the migration before hold for all rows.
-- Locks: idempotency_keys, SHARE UPDATE EXCLUSIVE, while its rows are looked at: it is read and written meanwhile.
-- Undo: nothing to undo.

ALTER TABLE idempotency_keys VALIDATE CONSTRAINT idempotency_keys_encrypted_with_a_key;
ALTER TABLE idempotency_keys VALIDATE CONSTRAINT idempotency_keys_body_once;
ALTER TABLE idempotency_keys VALIDATE CONSTRAINT idempotency_keys_key_id_fkey;
