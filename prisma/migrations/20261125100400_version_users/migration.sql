-- Why: the version of each row, which its entity tag names.
-- Locks: users, ACCESS EXCLUSIVE for a moment: a constant default is not written into the rows. While a longer
-- statement, such as that of pg_dump, reads the table, this fails after 2 s, because others would have to wait behind it.
-- Undo: DROP TRIGGER users_next_version ON users; ALTER TABLE users DROP COLUMN version;

SET LOCAL lock_timeout = '2s';

ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE users ALTER COLUMN version SET DEFAULT nextval('row_versions');

CREATE TRIGGER users_next_version
    BEFORE UPDATE ON users
    FOR EACH ROW WHEN (OLD.version = NEW.version)
    EXECUTE FUNCTION set_next_version();
