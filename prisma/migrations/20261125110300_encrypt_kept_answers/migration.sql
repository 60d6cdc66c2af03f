-- Why: an answer that is kept to be given again may show the secrets of a connection. Such a one is encrypted; others stay as
-- they are. Those that the version before has kept go within a day.
-- Locks: idempotency_keys, ACCESS EXCLUSIVE for a moment: it is not rewritten, and its rows are not looked at. While a longer
-- statement reads the table, this fails after 2 s, because others would have to wait behind it.
-- Undo: DELETE FROM idempotency_keys WHERE key_id IS NOT NULL;
--       ALTER TABLE idempotency_keys DROP COLUMN body_jwe, DROP COLUMN key_id;

SET LOCAL lock_timeout = '2s';

ALTER TABLE idempotency_keys
    ADD COLUMN body_jwe TEXT,
    ADD COLUMN key_id   TEXT COLLATE "C",
    ADD CONSTRAINT idempotency_keys_encrypted_with_a_key CHECK ((body_jwe IS NULL) = (key_id IS NULL)) NOT VALID,
    ADD CONSTRAINT idempotency_keys_body_once CHECK (body IS NULL OR body_jwe IS NULL) NOT VALID,
    ADD CONSTRAINT idempotency_keys_key_id_fkey
        FOREIGN KEY (key_id) REFERENCES encryption_keys (id) ON DELETE NO ACTION ON UPDATE NO ACTION NOT VALID;
