-- +goose Up

-- More of body for people. began is when the streak of results behind a change
-- began, outage how long an outage was that is over, in nanoseconds.
ALTER TABLE entry ADD COLUMN overlay TEXT;
ALTER TABLE entry ADD COLUMN began TEXT;
ALTER TABLE entry ADD COLUMN outage INTEGER;
-- What the view of states says: 1 up, 0 down. Set on a check's first judgement
-- and whenever it differs from the one before; NULL on all other entries.
ALTER TABLE entry ADD COLUMN healthy INTEGER;
-- sum, here and below, is the CRC-32C of the row's other columns, each with its
-- type: damage is found when a row is read. Their order is that of the table; in
-- entry, overlay to healthy come after reason.
ALTER TABLE entry ADD COLUMN sum INTEGER;

-- For history: by time, by check, and the outages of all.
CREATE INDEX portreeve_entry_at ON entry (at, check_name);
CREATE INDEX portreeve_entry_check ON entry (check_name, at) WHERE check_name IS NOT NULL;
CREATE INDEX portreeve_entry_outage ON entry (seq, at)
    WHERE kind = 'change' AND (from_status = 'UNHEALTHY' OR to_status = 'UNHEALTHY');
CREATE INDEX portreeve_entry_state ON entry (check_name) WHERE healthy IS NOT NULL;

ALTER TABLE journal ADD COLUMN sum INTEGER;
ALTER TABLE reader ADD COLUMN sum INTEGER;

-- What readers remember, committed together with their place.
CREATE TABLE portreeve_note (
    reader TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  BLOB NOT NULL,
    sum    INTEGER NOT NULL,
    PRIMARY KEY (reader, key)
);

-- What people have asked for at run time. A revision is never used again.
CREATE TABLE portreeve_kept (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    key      TEXT NOT NULL UNIQUE,
    value    BLOB NOT NULL,
    sum      INTEGER NOT NULL
);

-- How long checks took, as counts by length of time. at and span are in
-- nanoseconds, at since 1970.
CREATE TABLE portreeve_latency (
    check_name TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    span       INTEGER NOT NULL,
    sketch     BLOB    NOT NULL,
    sum        INTEGER NOT NULL,
    PRIMARY KEY (check_name, at, span)
);
CREATE INDEX portreeve_latency_at ON portreeve_latency (at);
