-- +goose Up

-- Which journal this is: cursors of another are refused.
CREATE TABLE journal (
    id TEXT NOT NULL -- 16 hexadecimal digits
);
INSERT INTO journal (id) VALUES (lower(hex(randomblob(8))));

-- Everything that happened. Entries are only ever added; seq is their order.
-- stream, number, at, observer and body are the entry; the columns after them
-- repeat parts of body for people who query, and are NULL where they do not
-- apply. Plain columns, so that an old sqlite3 can read them too.
CREATE TABLE entry (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
    stream      TEXT    NOT NULL, -- check/NAME or ports/HOST
    number      INTEGER NOT NULL, -- within the stream, from 1
    at          TEXT    NOT NULL, -- UTC, RFC 3339 with nanoseconds
    observer    TEXT    NOT NULL, -- the host that saw it
    body        TEXT    NOT NULL, -- JSON: {"change": …} or {"port": …}
    kind        TEXT    NOT NULL, -- change, opened, closed, owner_changed, scope_changed
    check_name  TEXT,
    from_status TEXT,
    to_status   TEXT,
    reason      TEXT,
    proto       TEXT,
    port        INTEGER,
    service     TEXT,
    pid         INTEGER,
    UNIQUE (stream, number)
);

-- How far each reader has come: it has done with the entries up to seq.
CREATE TABLE reader (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL
);
