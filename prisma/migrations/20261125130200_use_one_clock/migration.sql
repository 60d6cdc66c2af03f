-- Why: one clock for all times of rows, Postgres's: no longer that of the server that writes. As defaults, because what Prisma's
-- `now()` stands for is the time of the process that asks; and by the trigger that counts the versions.
-- Locks: the seven tables, ACCESS EXCLUSIVE for a moment; none is rewritten. While a longer statement reads one of them, this
-- fails after 2 s, because others would have to wait behind it.
-- Undo: the defaults are CURRENT_TIMESTAMP again, and set_next_version() is as it was.

SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE FUNCTION set_next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := nextval('row_versions');
    NEW.updated_at := transaction_timestamp();
    RETURN NEW;
END $$;

ALTER TABLE organizations ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
ALTER TABLE organizations ALTER COLUMN updated_at SET DEFAULT transaction_timestamp();
ALTER TABLE connections ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
ALTER TABLE connections ALTER COLUMN updated_at SET DEFAULT transaction_timestamp();
ALTER TABLE organization_connections ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
ALTER TABLE organization_connections ALTER COLUMN updated_at SET DEFAULT transaction_timestamp();
ALTER TABLE organization_members ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
ALTER TABLE organization_discovery_domains ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
ALTER TABLE organization_discovery_domains ALTER COLUMN updated_at SET DEFAULT transaction_timestamp();
ALTER TABLE users ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
ALTER TABLE users ALTER COLUMN updated_at SET DEFAULT transaction_timestamp();
ALTER TABLE machine_clients ALTER COLUMN created_at SET DEFAULT transaction_timestamp();
