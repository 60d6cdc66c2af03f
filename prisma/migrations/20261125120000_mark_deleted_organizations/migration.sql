-- Why: an organization with very many members is gone for every reader at once, and they are removed in the background. A
-- row with a time here is one that nobody sees; it has a name that no organization can have, so that its own is free.
-- A server of the version before shows such a row until it has been removed, under that name.
-- Locks: organizations, ACCESS EXCLUSIVE for a moment: no row is written. While a longer statement, such as that of
-- pg_dump, reads the table, this fails after 2 s, because others would have to wait behind it.
-- Undo: DELETE FROM organizations WHERE deleted_at IS NOT NULL; ALTER TABLE organizations DROP COLUMN deleted_at;

SET LOCAL lock_timeout = '2s';

ALTER TABLE organizations ADD COLUMN deleted_at TIMESTAMPTZ(3);
