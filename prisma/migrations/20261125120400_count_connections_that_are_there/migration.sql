-- Why: a connection that is deleted and not yet removed must not count for the limit of an organization.
-- Locks: nothing but the function.
-- Undo: the function as 20261123190200_create_organization_connections has it.

-- VOLATILE on purpose, as before: it looks at the rows as they are when it is called, after the caller's lock.
CREATE OR REPLACE FUNCTION count_other_connections(of_organization TEXT, besides_connection TEXT) RETURNS BIGINT
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT count(*) FROM organization_connections
            WHERE organization_id = of_organization AND connection_id <> besides_connection
              AND connection_id <> ALL (ARRAY(SELECT id FROM connections WHERE deleted_at IS NOT NULL)));
END $$;
