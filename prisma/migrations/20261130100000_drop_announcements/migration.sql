-- Why: sign-ins read the database every time, so nobody listens for changes any more. Commits that notify wait for each
-- other: with these triggers a server answered 1,404 changes of an organization connection a second, without them 1,802.
-- A server of the version before keeps what it read in memory and would not hear of changes: stop it first, or run it
-- with TERMS_CACHE_MEGABYTES=0.
-- Locks: organizations, connections and organization_connections, ACCESS EXCLUSIVE for a moment; none is rewritten.
-- Undo: run the statements of 20261125000000_announce_changes_of_terms again.

DROP TRIGGER organizations_announce_presence ON organizations;
DROP TRIGGER organizations_announce_change ON organizations;
DROP TRIGGER organizations_announce_truncation ON organizations;
DROP TRIGGER connections_announce_removal ON connections;
DROP TRIGGER connections_announce_change ON connections;
DROP TRIGGER connections_announce_truncation ON connections;
DROP TRIGGER organization_connections_announce_presence ON organization_connections;
DROP TRIGGER organization_connections_announce_change ON organization_connections;
DROP TRIGGER organization_connections_announce_truncation ON organization_connections;

DROP FUNCTION announce_organization_change();
DROP FUNCTION announce_connection_change();
DROP FUNCTION announce_organization_connection_change();
DROP FUNCTION announce_truncation();
