-- Why: the product's centre, the terms on which an organization may sign in with a connection.
-- The kind of the connection is copied into the row and tied to it by a composite foreign key, so that the two
-- CHECKs can state the rules of signup and buttons on the row alone.
-- Locks: organizations and connections, SHARE ROW EXCLUSIVE while the keys are added; both are read, not rewritten.
-- Undo: DROP TABLE organization_connections; DROP FUNCTION count_other_connections(TEXT, TEXT);
--       DROP TYPE organization_access_level;

CREATE TYPE organization_access_level AS ENUM ('none', 'readonly', 'limited', 'full');

CREATE TABLE organization_connections (
    organization_id              TEXT COLLATE "C" NOT NULL,
    connection_id                TEXT COLLATE "C" NOT NULL,
    strategy_kind                strategy_kind NOT NULL,
    assign_membership_on_login   BOOLEAN NOT NULL DEFAULT false,
    is_signup_enabled            BOOLEAN NOT NULL DEFAULT false,
    show_as_button               BOOLEAN NOT NULL DEFAULT true,
    is_enabled                   BOOLEAN NOT NULL DEFAULT true,
    organization_access_level    organization_access_level NOT NULL DEFAULT 'none',
    organization_connection_name TEXT,
    created_at                   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at                   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT organization_connections_pkey PRIMARY KEY (organization_id, connection_id),
    CONSTRAINT organization_connections_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT organization_connections_connection_id_strategy_kind_fkey FOREIGN KEY (connection_id, strategy_kind)
        REFERENCES connections (id, strategy_kind) ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT organization_connections_signup_needs_database_membership CHECK (
        NOT is_signup_enabled OR (strategy_kind = 'database' AND assign_membership_on_login)
    ),
    CONSTRAINT organization_connections_hidden_button_needs_enterprise CHECK (
        show_as_button OR strategy_kind = 'enterprise'
    )
);

-- Deleting a connection finds its rows by this.
CREATE INDEX organization_connections_connection_id_strategy_kind_idx
    ON organization_connections (connection_id, strategy_kind);

-- How many connections an organization has besides one. VOLATILE on purpose: it then looks at the rows as they are when
-- it is called, after the caller's lock on the organization was granted, and not when the caller's statement began. So
-- one statement can lock, count and insert, and the limit holds however many arrive at once.
CREATE FUNCTION count_other_connections(of_organization TEXT, besides_connection TEXT) RETURNS BIGINT
    LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT count(*) FROM organization_connections
            WHERE organization_id = of_organization AND connection_id <> besides_connection);
END $$;
