-- Why: a request that is repeated with the same Idempotency-Key gets the answer of the first one and does nothing.
-- Locks: nothing that exists.
-- Undo: DROP TABLE idempotency_keys;

CREATE TABLE idempotency_keys (
    id          TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT NOT NULL,
    status      SMALLINT NOT NULL,
    headers     JSONB NOT NULL,
    body        TEXT,
    created_at  TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (id),
    CONSTRAINT idempotency_keys_id_is_hashed CHECK (id ~ '^[0-9a-f]{64}$'),
    CONSTRAINT idempotency_keys_fingerprint_is_hashed CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    CONSTRAINT idempotency_keys_status_is_decided CHECK (status BETWEEN 200 AND 499)
);

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
