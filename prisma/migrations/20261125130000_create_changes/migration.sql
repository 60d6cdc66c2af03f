-- Why: one append-only record of what was written, by whom: the history and the outbox of events are read from it.
-- Partitioned by month, so that what is too old goes with its table, which is the only way it goes: rows can be neither
-- changed nor deleted. What fits no month, as after a leap of the clock, is caught by the default partition.
-- Locks: nothing that exists.
-- Undo: DROP TABLE changes; DROP FUNCTION keep_change_partitions(date, date); DROP FUNCTION add_change_partition(text, text);
--       DROP FUNCTION refuse_rewriting_changes(); DROP SEQUENCE change_sequence; DROP TYPE change_operation;

CREATE TYPE change_operation AS ENUM ('INSERT', 'UPDATE', 'DELETE');

-- Drawn by the trigger that records a change, when its row is written and locked: of two changes of one row, the later
-- has the greater number.
CREATE SEQUENCE change_sequence AS BIGINT;

CREATE TABLE changes (
    organization_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL DEFAULT nextval('change_sequence'),
    changed_at TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    table_name TEXT COLLATE "C" NOT NULL,
    row_id TEXT COLLATE "C" NOT NULL,
    operation change_operation NOT NULL,
    actor JSONB DEFAULT nullif(current_setting('vestibule.actor', true), '')::jsonb,
    before JSON,
    after JSON,

    CONSTRAINT changes_pkey PRIMARY KEY (organization_id, sequence, changed_at)
) PARTITION BY RANGE (changed_at);

CREATE INDEX changes_organization_id_table_name_row_id_sequence_idx
    ON changes (organization_id, table_name, row_id, sequence);
CREATE INDEX changes_sequence_idx ON changes (sequence);

CREATE FUNCTION refuse_rewriting_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what has happened can be neither changed nor deleted' USING
        ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER changes_append_only BEFORE UPDATE OR DELETE ON changes
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_changes();
CREATE TRIGGER changes_no_truncation BEFORE TRUNCATE ON changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_changes();

-- Partitions inherit the triggers for rows only.
CREATE FUNCTION add_change_partition(name TEXT, bound TEXT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I PARTITION OF changes %s', name, bound);
    EXECUTE format('CREATE TRIGGER changes_no_truncation BEFORE TRUNCATE ON %I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting_changes()', name);
END $$;

-- Makes the partitions of all months, in UTC, from the present one to that of the day `until`, and drops those of the
-- months that ended before the day `since`. What the default partition has caught moves to the months that it is of.
CREATE FUNCTION keep_change_partitions(until DATE, since DATE) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    months DATE[];
    month DATE;
    name TEXT;
BEGIN
    SET LOCAL TIME ZONE 'UTC';
    -- Servers take turns.
    LOCK TABLE changes IN SHARE UPDATE EXCLUSIVE MODE;
    months := ARRAY(
        SELECT generate_series(date_trunc('month', now()), until, '1 month')::date
         UNION SELECT date_trunc('month', changed_at)::date FROM changes_default);
    IF EXISTS (SELECT FROM changes_default) THEN
        ALTER TABLE changes DETACH PARTITION changes_default;
        ALTER TABLE changes_default RENAME TO changes_caught;
        PERFORM add_change_partition('changes_default', 'DEFAULT');
    END IF;
    FOREACH month IN ARRAY months LOOP
        name := 'changes_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        PERFORM add_change_partition(name, format('FOR VALUES FROM (%L) TO (%L)', month, (month + interval '1 month')::date));
    END LOOP;
    IF to_regclass('changes_caught') IS NOT NULL THEN
        INSERT INTO changes SELECT * FROM changes_caught;
        DROP TABLE changes_caught;
    END IF;
    FOR name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = 'changes'::regclass AND relname ~ '^changes_\d{4}_\d\d$'
           AND to_date(relname, '"changes_"YYYY_MM') + interval '1 month' <= since
    LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
END $$;

SELECT add_change_partition('changes_default', 'DEFAULT');
SELECT keep_change_partitions((now() + interval '2 months')::date, '-infinity');
