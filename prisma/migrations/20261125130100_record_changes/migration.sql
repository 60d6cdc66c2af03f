-- Why: every change of these tables is recorded, whoever makes it: the setting `vestibule.actor` of its transaction says who,
-- and one by plain SQL is by nobody. What belongs to no organization has an empty one. Left out are a connection's
-- options, of which some fields are secrets, and what is kept of the secrets of machine clients.
-- Locks: the seven tables, SHARE ROW EXCLUSIVE for a moment; none is rewritten. While a longer transaction has written to one
-- of them, this fails after 2 s, because others would have to wait behind it.
-- Undo: DROP FUNCTION record_organization_change() CASCADE; and so on for the seven.

SET LOCAL lock_timeout = '2s';

CREATE FUNCTION record_organization_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One that is large is gone when it is marked as deleted, and not when its last row is removed.
    IF OLD.deleted_at IS NOT NULL THEN RETURN NULL; END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        INSERT INTO changes (organization_id, table_name, row_id, operation, before)
        VALUES (OLD.id, TG_TABLE_NAME, OLD.id, 'DELETE', row_to_json(OLD));
        RETURN NULL;
    END IF;
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES (coalesce(NEW.id, OLD.id), TG_TABLE_NAME,
            coalesce(NEW.id, OLD.id), TG_OP::change_operation,
            row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER organizations_record_presence AFTER INSERT OR DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION record_organization_change();
CREATE TRIGGER organizations_record_change AFTER UPDATE ON organizations
    FOR EACH ROW WHEN (OLD.version <> NEW.version)
    EXECUTE FUNCTION record_organization_change();

CREATE FUNCTION record_connection_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN OLD.options := NULL; END IF;
    IF TG_OP <> 'DELETE' THEN NEW.options := NULL; END IF;
    -- As of a large organization.
    IF OLD.deleted_at IS NOT NULL THEN RETURN NULL; END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        INSERT INTO changes (organization_id, table_name, row_id, operation, before)
        VALUES ('', TG_TABLE_NAME, OLD.id, 'DELETE', row_to_json(OLD));
        RETURN NULL;
    END IF;
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES ('', TG_TABLE_NAME,
            coalesce(NEW.id, OLD.id), TG_OP::change_operation,
            row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER connections_record_presence AFTER INSERT OR DELETE ON connections
    FOR EACH ROW EXECUTE FUNCTION record_connection_change();
CREATE TRIGGER connections_record_change AFTER UPDATE ON connections
    FOR EACH ROW WHEN (OLD.version <> NEW.version)
    EXECUTE FUNCTION record_connection_change();

CREATE FUNCTION record_organization_connection_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A row that takes another key is gone under the one and new under the other.
    IF TG_OP = 'UPDATE' AND (OLD.organization_id, OLD.connection_id) <> (NEW.organization_id, NEW.connection_id) THEN
        INSERT INTO changes (organization_id, table_name, row_id, operation, before, after) VALUES
            (OLD.organization_id, TG_TABLE_NAME, OLD.connection_id, 'DELETE', row_to_json(OLD), NULL),
            (NEW.organization_id, TG_TABLE_NAME, NEW.connection_id, 'INSERT', NULL, row_to_json(NEW));
        RETURN NULL;
    END IF;
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES (coalesce(NEW.organization_id, OLD.organization_id), TG_TABLE_NAME,
            coalesce(NEW.connection_id, OLD.connection_id), TG_OP::change_operation,
            row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER organization_connections_record_presence AFTER INSERT OR DELETE ON organization_connections
    FOR EACH ROW EXECUTE FUNCTION record_organization_connection_change();
CREATE TRIGGER organization_connections_record_change AFTER UPDATE ON organization_connections
    FOR EACH ROW WHEN (OLD.version <> NEW.version)
    EXECUTE FUNCTION record_organization_connection_change();

CREATE FUNCTION record_organization_member_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES (coalesce(NEW.organization_id, OLD.organization_id), TG_TABLE_NAME,
            coalesce(NEW.user_id, OLD.user_id), TG_OP::change_operation,
            row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER organization_members_record_presence AFTER INSERT OR DELETE ON organization_members
    FOR EACH ROW EXECUTE FUNCTION record_organization_member_change();
CREATE TRIGGER organization_members_record_change AFTER UPDATE ON organization_members
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION record_organization_member_change();

CREATE FUNCTION record_organization_discovery_domain_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES (coalesce(NEW.organization_id, OLD.organization_id), TG_TABLE_NAME,
            coalesce(NEW.id, OLD.id), TG_OP::change_operation,
            row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER organization_discovery_domains_record_presence AFTER INSERT OR DELETE ON organization_discovery_domains
    FOR EACH ROW EXECUTE FUNCTION record_organization_discovery_domain_change();
CREATE TRIGGER organization_discovery_domains_record_change AFTER UPDATE ON organization_discovery_domains
    FOR EACH ROW WHEN (OLD.version <> NEW.version)
    EXECUTE FUNCTION record_organization_discovery_domain_change();

CREATE FUNCTION record_user_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES ('', TG_TABLE_NAME,
            coalesce(NEW.user_id, OLD.user_id), TG_OP::change_operation,
            row_to_json(OLD), row_to_json(NEW));
    RETURN NULL;
END $$;

CREATE TRIGGER users_record_presence AFTER INSERT OR DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION record_user_change();
CREATE TRIGGER users_record_change AFTER UPDATE ON users
    FOR EACH ROW WHEN (OLD.version <> NEW.version)
    EXECUTE FUNCTION record_user_change();

CREATE FUNCTION record_machine_client_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (organization_id, table_name, row_id, operation, before, after)
    VALUES ('', TG_TABLE_NAME,
            coalesce(NEW.client_id, OLD.client_id), TG_OP::change_operation,
            to_jsonb(OLD) - 'secret_hash' - 'previous_secret_hash', to_jsonb(NEW) - 'secret_hash' - 'previous_secret_hash');
    RETURN NULL;
END $$;

CREATE TRIGGER machine_clients_record_presence AFTER INSERT OR DELETE ON machine_clients
    FOR EACH ROW EXECUTE FUNCTION record_machine_client_change();
CREATE TRIGGER machine_clients_record_change AFTER UPDATE ON machine_clients
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION record_machine_client_change();
