-- Why: a machine client may end at a time, and may have a second secret for a while after its secret was rotated, so
-- that its holder can change over without a gap. The version before knows neither: it takes the newer secret alone.
-- Locks: machine_clients, ACCESS EXCLUSIVE for a moment; it is not rewritten, and the few rows are looked at once.
-- Undo: ALTER TABLE machine_clients DROP COLUMN expires_at, DROP COLUMN previous_secret_hash, DROP COLUMN previous_secret_expires_at;

ALTER TABLE machine_clients
    ADD COLUMN expires_at                 TIMESTAMPTZ(3),
    ADD COLUMN previous_secret_hash       TEXT,
    ADD COLUMN previous_secret_expires_at TIMESTAMPTZ(3),
    ADD CONSTRAINT machine_clients_previous_secret_is_hashed CHECK (previous_secret_hash ~ '^[0-9a-f]{64}$'),
    ADD CONSTRAINT machine_clients_previous_secret_expires
        CHECK ((previous_secret_hash IS NULL) = (previous_secret_expires_at IS NULL));
