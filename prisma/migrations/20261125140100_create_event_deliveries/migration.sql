-- Why: where a stream's cursor has gone past an event that was not delivered: one row for all that waits behind it.
-- Locks: event_streams, SHARE ROW EXCLUSIVE for a moment, which is new.
-- Undo: DROP TABLE event_deliveries;

CREATE TABLE event_deliveries (
    stream_id TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C" NOT NULL,
    row_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    event_id TEXT COLLATE "C",
    event_type TEXT,
    changed_at TIMESTAMPTZ(3),
    attempts JSONB NOT NULL,
    failures INTEGER NOT NULL,
    failing_since TIMESTAMPTZ(3),
    next_attempt_at TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT event_deliveries_pkey PRIMARY KEY (stream_id, organization_id, row_id),
    CONSTRAINT event_deliveries_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES event_streams (id)
        ON DELETE CASCADE ON UPDATE NO ACTION,
    CONSTRAINT event_deliveries_failing_has_event CHECK (failures = 0 OR
        (event_id IS NOT NULL AND event_type IS NOT NULL AND changed_at IS NOT NULL AND failing_since IS NOT NULL))
);

CREATE UNIQUE INDEX event_deliveries_stream_id_event_id_key ON event_deliveries (stream_id, event_id);
