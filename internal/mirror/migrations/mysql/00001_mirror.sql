-- +goose Up

-- CREATE TABLE commits by itself here, so every statement can be repeated.

-- Everything that happened, as a portreeve has written it down. Rows are only
-- ever added; seq is their order. body has the whole of an entry but its place,
-- at and observer; the columns after it repeat parts of body, and are NULL
-- where they do not apply.
CREATE TABLE IF NOT EXISTS portreeve_entry (
    seq         BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    stream      VARCHAR(255) NOT NULL COMMENT 'check/NAME or ports/HOST',
    number      BIGINT       NOT NULL COMMENT 'within the stream, from 1',
    at          DATETIME(6)  NOT NULL COMMENT 'UTC',
    at_nanos    SMALLINT     NOT NULL COMMENT 'what at lacks: nanoseconds, 0 to 999',
    observer    VARCHAR(255) NOT NULL COMMENT 'the host that saw it',
    body        LONGTEXT     NOT NULL COMMENT 'JSON',
    kind        VARCHAR(255) NOT NULL COMMENT 'of a check: change, overlay_began, overlay_ended, or what happened to it, as registered, restarted, taken_over, removed, released; of a port: opened, closed, owner_changed, scope_changed',
    check_name  VARCHAR(255),
    from_status VARCHAR(255),
    to_status   VARCHAR(255),
    reason      VARCHAR(255),
    overlay     VARCHAR(255),
    began       DATETIME(6)  COMMENT 'UTC; when the streak of results behind a change began: of an outage the first failure, of a recovery the first pass',
    outage      BIGINT       COMMENT 'of a recovery: how long the outage was, in nanoseconds',
    proto       VARCHAR(255),
    port        INT,
    service     VARCHAR(255),
    pid         BIGINT,
    healthy     BOOLEAN      COMMENT 'up or down, set on the first judgement of a check and whenever it differs from the one before',
    UNIQUE KEY portreeve_entry_once (stream, number),
    KEY portreeve_entry_at (at),
    KEY portreeve_entry_check (check_name, seq)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Whose mirror this is: one row.
CREATE TABLE IF NOT EXISTS portreeve_mirror (
    id      SMALLINT     NOT NULL PRIMARY KEY,
    journal VARCHAR(255) NOT NULL COMMENT 'which journal is copied here',
    place   TEXT         NOT NULL COMMENT 'how far it has been copied',
    writer  VARCHAR(255) NOT NULL COMMENT 'the process that does, since then',
    since   DATETIME(6)  NOT NULL COMMENT 'UTC'
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
