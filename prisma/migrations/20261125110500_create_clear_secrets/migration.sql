-- Why: what the version before has written is in the clear, and its servers, which are replaced one after the other, can read
-- nothing else. So it is encrypted an hour from now, and this row is what is left to do. A new database has nothing to do.
-- Locks: nothing that exists.
-- Undo: DROP TABLE clear_secrets;

CREATE TABLE clear_secrets (
    until TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT clear_secrets_pkey PRIMARY KEY (until)
);

INSERT INTO clear_secrets (until)
SELECT CURRENT_TIMESTAMP + interval '1 hour'
 WHERE EXISTS (SELECT FROM signing_keys) OR EXISTS (SELECT FROM connections WHERE options::text <> '{}');
