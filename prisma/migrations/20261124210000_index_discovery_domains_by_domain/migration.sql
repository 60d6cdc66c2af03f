-- Why: at sign-in, the organizations to which an address leads are looked up by its domain alone.
-- Locks: organization_discovery_domains, SHARE UPDATE EXCLUSIVE while the index is built; reads and writes go on.
-- Undo: DROP INDEX CONCURRENTLY organization_discovery_domains_domain_idx;

CREATE INDEX CONCURRENTLY organization_discovery_domains_domain_idx ON organization_discovery_domains (domain);
