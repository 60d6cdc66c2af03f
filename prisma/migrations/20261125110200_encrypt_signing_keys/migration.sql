-- Why: the private half of a signing key is encrypted. The public half stays where the version before reads it, which can so
-- check tokens of every key; it signs with those in the clear, which stay until it is gone (see clear_secrets).
-- Locks: signing_keys, ACCESS EXCLUSIVE for a moment; it has a few rows and is not rewritten.
-- Undo: DELETE FROM signing_keys WHERE private_jwe IS NOT NULL; ALTER TABLE signing_keys DROP COLUMN private_jwe, DROP COLUMN key_id;
--       That ends the tokens of these keys.

ALTER TABLE signing_keys
    ADD COLUMN private_jwe TEXT,
    ADD COLUMN key_id      TEXT COLLATE "C",
    ADD CONSTRAINT signing_keys_encrypted_with_a_key CHECK ((private_jwe IS NULL) = (key_id IS NULL)),
    ADD CONSTRAINT signing_keys_clear_half_is_public
        CHECK (private_jwe IS NULL OR NOT private_jwk ?| ARRAY['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']),
    ADD CONSTRAINT signing_keys_key_id_fkey
        FOREIGN KEY (key_id) REFERENCES encryption_keys (id) ON DELETE NO ACTION ON UPDATE NO ACTION;
