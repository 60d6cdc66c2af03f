-- Why: where events are sent, and how far each destination has got. How far is a table of its own, because it changes
-- many times a second, and a stream's version must not change with it.
-- Locks: nothing that exists.
-- Undo: DROP TABLE event_stream_cursors; DROP TABLE event_streams; DROP TYPE event_stream_status; DROP TYPE webhook_authorization;

CREATE TYPE event_stream_status AS ENUM ('enabled', 'disabled', 'paused');
CREATE TYPE webhook_authorization AS ENUM ('basic', 'bearer');

CREATE TABLE event_streams (
    id TEXT COLLATE "C" NOT NULL,
    name TEXT,
    endpoint TEXT NOT NULL,
    "authorization" webhook_authorization NOT NULL,
    username TEXT,
    secrets TEXT NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    event_types TEXT[] NOT NULL,
    status event_stream_status NOT NULL DEFAULT 'enabled',
    paused_reason TEXT,
    created_at TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    version BIGINT NOT NULL DEFAULT nextval('row_versions'),

    CONSTRAINT event_streams_pkey PRIMARY KEY (id),
    CONSTRAINT event_streams_key_id_fkey FOREIGN KEY (key_id) REFERENCES encryption_keys (id)
        ON DELETE RESTRICT ON UPDATE NO ACTION,
    CONSTRAINT event_streams_username_is_for_basic CHECK (("authorization" = 'basic') = (username IS NOT NULL)),
    CONSTRAINT event_streams_paused_with_reason CHECK ((status = 'paused') = (paused_reason IS NOT NULL))
);

-- Not of the secrets, which are encrypted anew when the key changes; whoever sets others sets the authorization too.
CREATE TRIGGER event_streams_next_version
    BEFORE UPDATE OF name, endpoint, "authorization", username, event_types, status, paused_reason, updated_at
    ON event_streams
    FOR EACH ROW WHEN (OLD.version = NEW.version)
    EXECUTE FUNCTION set_next_version();

CREATE TABLE event_stream_cursors (
    stream_id TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    leased_by TEXT COLLATE "C",
    leased_until TIMESTAMPTZ(3),
    redeliveries INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT event_stream_cursors_pkey PRIMARY KEY (stream_id),
    CONSTRAINT event_stream_cursors_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES event_streams (id)
        ON DELETE CASCADE ON UPDATE NO ACTION
);
