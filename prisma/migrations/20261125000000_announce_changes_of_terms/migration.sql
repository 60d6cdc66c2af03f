-- Why: servers keep the terms of sign-in in memory and must hear of a change whoever makes it, psql included. A change
-- that a sign-in could notice is told on the channel vestibule_changes when its transaction commits, as "<table> <id>": the
-- organization for what it owns, the connection for itself.
-- What sign-ins do not see is left out, because commits that notify take turns: ten connections together updated 9,400
-- rows a second without notifications, and 5,000 when every second update had one.
-- Locks: organizations, connections and organization_connections, SHARE ROW EXCLUSIVE for a moment; none is rewritten.
-- Undo: DROP FUNCTION announce_organization_change() CASCADE; DROP FUNCTION announce_connection_change() CASCADE;
--       DROP FUNCTION announce_organization_connection_change() CASCADE; DROP FUNCTION announce_truncation() CASCADE;

-- Postgres drops equal notifications of one transaction, so that both keys of a row can be told.
CREATE FUNCTION announce_organization_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM pg_notify('vestibule_changes', 'organizations ' || OLD.id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM pg_notify('vestibule_changes', 'organizations ' || NEW.id); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION announce_connection_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('vestibule_changes', 'connections ' || OLD.id);
    RETURN NULL;
END $$;

CREATE FUNCTION announce_organization_connection_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM pg_notify('vestibule_changes', 'organizations ' || OLD.organization_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM pg_notify('vestibule_changes', 'organizations ' || NEW.organization_id); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION announce_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('vestibule_changes', 'everything');
    RETURN NULL;
END $$;

-- Of the new ones too: an organization may have the id that is the name of another, and an id wins.
CREATE TRIGGER organizations_announce_presence AFTER INSERT OR DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION announce_organization_change();

CREATE TRIGGER organizations_announce_change AFTER UPDATE ON organizations
    FOR EACH ROW WHEN ((OLD.id, OLD.name, OLD.display_name, OLD.branding)
                       IS DISTINCT FROM (NEW.id, NEW.name, NEW.display_name, NEW.branding))
    EXECUTE FUNCTION announce_organization_change();

CREATE TRIGGER connections_announce_removal AFTER DELETE ON connections
    FOR EACH ROW EXECUTE FUNCTION announce_connection_change();

CREATE TRIGGER connections_announce_change AFTER UPDATE ON connections
    FOR EACH ROW WHEN ((OLD.id, OLD.name, OLD.display_name, OLD.enabled_clients)
                       IS DISTINCT FROM (NEW.id, NEW.name, NEW.display_name, NEW.enabled_clients))
    EXECUTE FUNCTION announce_connection_change();

CREATE TRIGGER organization_connections_announce_presence AFTER INSERT OR DELETE ON organization_connections
    FOR EACH ROW EXECUTE FUNCTION announce_organization_connection_change();

CREATE TRIGGER organization_connections_announce_change AFTER UPDATE ON organization_connections
    FOR EACH ROW WHEN ((OLD.organization_id, OLD.connection_id, OLD.is_enabled, OLD.assign_membership_on_login,
                        OLD.is_signup_enabled, OLD.show_as_button)
                       IS DISTINCT FROM
                       (NEW.organization_id, NEW.connection_id, NEW.is_enabled, NEW.assign_membership_on_login,
                        NEW.is_signup_enabled, NEW.show_as_button))
    EXECUTE FUNCTION announce_organization_connection_change();

CREATE TRIGGER organizations_announce_truncation AFTER TRUNCATE ON organizations
    FOR EACH STATEMENT EXECUTE FUNCTION announce_truncation();

CREATE TRIGGER connections_announce_truncation AFTER TRUNCATE ON connections
    FOR EACH STATEMENT EXECUTE FUNCTION announce_truncation();

CREATE TRIGGER organization_connections_announce_truncation AFTER TRUNCATE ON organization_connections
    FOR EACH STATEMENT EXECUTE FUNCTION announce_truncation();
