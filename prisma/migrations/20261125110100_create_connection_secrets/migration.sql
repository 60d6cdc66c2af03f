-- Why: secrets of a connection's options are encrypted, and apart from the row that is read, recorded and shown. When they
-- are encrypted with another key, nothing of the connection changes.
-- Locks: connections, SHARE ROW EXCLUSIVE for a moment, for the foreign key.
-- Undo: none once a secret is in it: the options have but its place. Before that: DROP TABLE connection_secrets;

CREATE TABLE connection_secrets (
    connection_id TEXT COLLATE "C" NOT NULL,
    jwe           TEXT NOT NULL,
    key_id        TEXT COLLATE "C" NOT NULL,

    CONSTRAINT connection_secrets_pkey PRIMARY KEY (connection_id),
    CONSTRAINT connection_secrets_connection_id_fkey
        FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT connection_secrets_key_id_fkey
        FOREIGN KEY (key_id) REFERENCES encryption_keys (id) ON DELETE NO ACTION ON UPDATE NO ACTION
);

CREATE INDEX connection_secrets_key_id_idx ON connection_secrets (key_id);
