-- Why: a connection with very many users is gone for every reader at once, and they are removed in the background. A row
-- with a time here is one that nobody sees, nor its users; it has a name that no connection can have, so that its own is
-- free. A server of the version before shows such a row and its users until they have been removed.
-- Locks: connections, ACCESS EXCLUSIVE for a moment: no row is written. While a longer statement, such as that of
-- pg_dump, reads the table, this fails after 2 s, because others would have to wait behind it.
-- Undo: DELETE FROM connections WHERE deleted_at IS NOT NULL; ALTER TABLE connections DROP COLUMN deleted_at;

SET LOCAL lock_timeout = '2s';

ALTER TABLE connections ADD COLUMN deleted_at TIMESTAMPTZ(3);
