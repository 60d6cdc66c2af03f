-- Why: the people who sign in, as far as membership of an organization needs them. There is no column for a password.
-- Locks: connections, SHARE ROW EXCLUSIVE while the key is added; it is read, not rewritten.
-- Undo: DROP TABLE users;

CREATE TABLE users (
    user_id        TEXT COLLATE "C" NOT NULL,
    connection_id  TEXT COLLATE "C" NOT NULL,
    email          TEXT COLLATE "C",
    email_verified BOOLEAN NOT NULL DEFAULT false,
    phone_number   TEXT COLLATE "C",
    phone_verified BOOLEAN NOT NULL DEFAULT false,
    username       TEXT COLLATE "C",
    name           TEXT,
    given_name     TEXT,
    family_name    TEXT,
    nickname       TEXT,
    picture        TEXT,
    blocked        BOOLEAN NOT NULL DEFAULT false,
    -- JSON and not JSONB, which cannot keep every text that JSON can carry.
    user_metadata  JSON,
    app_metadata   JSON,
    created_at     TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at     TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT users_connection_id_fkey FOREIGN KEY (connection_id)
        REFERENCES connections (id) ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT users_email_is_lower_case CHECK (email = lower(email))
);

-- Both begin with the connection, so that deleting one finds its users.
CREATE UNIQUE INDEX users_connection_id_email_key ON users (connection_id, email);
CREATE UNIQUE INDEX users_connection_id_username_key ON users (connection_id, username);
CREATE INDEX users_email_idx ON users (email);
-- The order of the list.
CREATE INDEX users_created_at_user_id_idx ON users (created_at, user_id);
