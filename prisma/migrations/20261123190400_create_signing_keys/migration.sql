-- Why: the keys of the built-in issuer, in the database so that all replicas sign and check alike.
-- Locks: nothing that exists.
-- Undo: DROP TABLE signing_keys; every token issued until then stops working.

CREATE TABLE signing_keys (
    kid          TEXT COLLATE "C" NOT NULL,
    algorithm    TEXT NOT NULL,
    private_jwk  JSONB NOT NULL,
    created_at   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    withdrawn_at TIMESTAMPTZ(3),

    CONSTRAINT signing_keys_pkey PRIMARY KEY (kid),
    CONSTRAINT signing_keys_algorithm_is_asymmetric CHECK (algorithm IN ('RS256'))
);
