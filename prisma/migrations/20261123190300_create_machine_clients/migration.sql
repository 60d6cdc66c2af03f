-- Why: the machines that ask the built-in issuer for tokens with client_id and client_secret.
-- Locks: nothing that exists.
-- Undo: DROP TABLE machine_clients;

CREATE TABLE machine_clients (
    client_id   TEXT COLLATE "C" NOT NULL,
    name        TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes      TEXT[],
    created_at  TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT machine_clients_pkey PRIMARY KEY (client_id),
    CONSTRAINT machine_clients_secret_is_hashed CHECK (secret_hash ~ '^[0-9a-f]{64}$')
);
