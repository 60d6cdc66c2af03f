-- Why: which keys a server must have to read this database. A row that is encrypted names its key by a foreign key, so that
-- a key is not given up while anything needs it, and a server whose key was given up cannot write with it.
-- Locks: nothing that exists.
-- Undo: DROP TABLE encryption_keys;

CREATE TABLE encryption_keys (
    id         TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT encryption_keys_pkey PRIMARY KEY (id),
    CONSTRAINT encryption_keys_id_is_hashed CHECK (id ~ '^[0-9a-f]{16}$')
);
