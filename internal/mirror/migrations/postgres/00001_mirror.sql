-- +goose Up

-- Everything that happened, as a portreeve has written it down. Rows are only
-- ever added; seq is their order. body has the whole of an entry but its place,
-- at and observer; the columns after it repeat parts of body, and are NULL
-- where they do not apply.
CREATE TABLE portreeve_entry (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream      text        NOT NULL,
    number      bigint      NOT NULL,
    at          timestamptz NOT NULL,
    at_nanos    smallint    NOT NULL,
    observer    text        NOT NULL,
    body        json        NOT NULL,
    kind        text        NOT NULL,
    check_name  text,
    from_status text,
    to_status   text,
    reason      text,
    overlay     text,
    began       timestamptz,
    outage      bigint,
    proto       text,
    port        integer,
    service     text,
    pid         bigint,
    healthy     boolean,
    CONSTRAINT portreeve_entry_once UNIQUE (stream, number)
);
COMMENT ON COLUMN portreeve_entry.stream IS 'check/NAME or ports/HOST';
COMMENT ON COLUMN portreeve_entry.number IS 'within the stream, from 1';
COMMENT ON COLUMN portreeve_entry.at_nanos IS 'what at lacks: nanoseconds, 0 to 999';
COMMENT ON COLUMN portreeve_entry.observer IS 'the host that saw it';
COMMENT ON COLUMN portreeve_entry.kind IS 'of a check: change, overlay_began, overlay_ended, or what happened to it, as registered, restarted, taken_over, removed, released; of a port: opened, closed, owner_changed, scope_changed';
COMMENT ON COLUMN portreeve_entry.began IS 'when the streak of results behind a change began: of an outage the first failure, of a recovery the first pass';
COMMENT ON COLUMN portreeve_entry.outage IS 'of a recovery: how long the outage was, in nanoseconds';
COMMENT ON COLUMN portreeve_entry.healthy IS 'up or down, set on the first judgement of a check and whenever it differs from the one before';

CREATE INDEX portreeve_entry_at ON portreeve_entry (at);
CREATE INDEX portreeve_entry_check ON portreeve_entry (check_name, seq) WHERE check_name IS NOT NULL;
CREATE INDEX portreeve_entry_state ON portreeve_entry (check_name, seq) WHERE healthy IS NOT NULL;

-- Whose mirror this is: one row.
CREATE TABLE portreeve_mirror (
    id      smallint PRIMARY KEY CHECK (id = 1),
    journal text        NOT NULL,
    place   text        NOT NULL,
    writer  text        NOT NULL,
    since   timestamptz NOT NULL
);
COMMENT ON COLUMN portreeve_mirror.journal IS 'which journal is copied here';
COMMENT ON COLUMN portreeve_mirror.place IS 'how far it has been copied';
COMMENT ON COLUMN portreeve_mirror.writer IS 'the process that does, since then';
