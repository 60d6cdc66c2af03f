-- Why: the version of each row, which its entity tag names.
-- Locks: organization_discovery_domains, ACCESS EXCLUSIVE for a moment: a constant default is not written into the rows. While a longer
-- statement, such as that of pg_dump, reads the table, this fails after 2 s, because others would have to wait behind it.
-- Undo: DROP TRIGGER organization_discovery_domains_next_version ON organization_discovery_domains; ALTER TABLE organization_discovery_domains DROP COLUMN version;

SET LOCAL lock_timeout = '2s';

ALTER TABLE organization_discovery_domains ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE organization_discovery_domains ALTER COLUMN version SET DEFAULT nextval('row_versions');

CREATE TRIGGER organization_discovery_domains_next_version
    BEFORE UPDATE ON organization_discovery_domains
    FOR EACH ROW WHEN (OLD.version = NEW.version)
    EXECUTE FUNCTION set_next_version();
