-- Why: the business customers that everything else belongs to.
-- Locks: nothing that exists.
-- Undo: DROP TABLE organizations; DROP TYPE third_party_client_access;

CREATE TYPE third_party_client_access AS ENUM ('block', 'allow');

CREATE TABLE organizations (
    -- "C" so that order and equality are those of the bytes, whatever locale the database was made with.
    id                        TEXT COLLATE "C" NOT NULL,
    name                      TEXT COLLATE "C" NOT NULL,
    display_name              TEXT,
    branding                  JSONB,
    metadata                  JSONB,
    token_quota               JSONB,
    third_party_client_access third_party_client_access NOT NULL DEFAULT 'block',
    is_app_entitlement_active BOOLEAN NOT NULL DEFAULT false,
    created_at                TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at                TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT organizations_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX organizations_name_key ON organizations (name);
-- The order of checkpoint paging.
CREATE INDEX organizations_created_at_id_idx ON organizations (created_at, id);
