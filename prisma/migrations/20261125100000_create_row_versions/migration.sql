-- Why: a number that no version of any row has had, for entity tags. Beginning with 2, because the rows that are there when
-- their table gets the column all have 1. The next migrations give each table the column and this trigger.
-- Locks: nothing that exists.
-- Undo: DROP FUNCTION set_next_version(); DROP SEQUENCE row_versions;

CREATE SEQUENCE row_versions AS BIGINT START 2;

-- For an UPDATE that leaves the version as it was, so that one by hand or by a server of the version before counts too.
CREATE FUNCTION set_next_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := nextval('row_versions');
    RETURN NEW;
END $$;
