-- Why: how much of an organization its members may administer, apart from the organization itself: a field of the
-- contract since September.
-- Locks: organization_connections, ACCESS EXCLUSIVE for a moment; the table is not rewritten. Fails after 2 s behind a
-- longer statement, because others would have to wait behind it.
-- Undo: ALTER TABLE organization_connections DROP COLUMN organization_member_access_level;

SET LOCAL lock_timeout = '2s';

ALTER TABLE organization_connections ADD COLUMN organization_member_access_level organization_access_level;
