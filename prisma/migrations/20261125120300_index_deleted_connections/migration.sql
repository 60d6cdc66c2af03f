-- Why: the few connections that are deleted and not yet removed are looked for again and again.
-- Locks: connections, SHARE UPDATE EXCLUSIVE while the index is built; reads and writes go on.
-- Undo: DROP INDEX CONCURRENTLY connections_deleted_at_idx;

CREATE INDEX CONCURRENTLY connections_deleted_at_idx ON connections (deleted_at) WHERE deleted_at IS NOT NULL;
