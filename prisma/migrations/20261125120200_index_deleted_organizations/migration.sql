-- Why: the few organizations that are deleted and not yet removed are looked for again and again.
-- Locks: organizations, SHARE UPDATE EXCLUSIVE while the index is built; reads and writes go on.
-- Undo: DROP INDEX CONCURRENTLY organizations_deleted_at_idx;

CREATE INDEX CONCURRENTLY organizations_deleted_at_idx ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;
