-- Why: limits of requests hold for all servers together, so what was used of them is counted here. It is not worth a write
-- to the log of Postgres, nor keeping after a crash: the table is UNLOGGED.
-- Locks: nothing that exists.
-- Undo: DROP TABLE rate_limits;

CREATE UNLOGGED TABLE rate_limits (
    key       TEXT COLLATE "C" NOT NULL,
    used      INTEGER NOT NULL,
    granted   INTEGER NOT NULL,
    resets_at TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT rate_limits_pkey PRIMARY KEY (key)
);
