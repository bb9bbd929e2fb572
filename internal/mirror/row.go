package mirror

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/event"
)

// A row is an entry as mirrors hold it.
type row struct {
	entry event.Entry
	parts event.Columns

	// The record itself: two entries are the same, word for word, when these are.
	stream   string
	number   int64
	at       time.Time // in UTC, whole microseconds
	nanos    int64     // what at lacks
	observer string
	body     string

	healthy *bool // what the view of states says of it; nil: nothing
}

// A content is what an entry says, without its place.
type content struct {
	Change any `json:"change,omitempty"`
	Port   any `json:"port,omitempty"`
}

// rowOf returns the row of an entry.
func rowOf(e event.Entry) (row, error) {
	var c content
	if e.Change != nil {
		c.Change = e.Change
	}
	if e.Port != nil {
		c.Port = e.Port
	}
	if (c.Change == nil) == (c.Port == nil) {
		return row{}, fmt.Errorf("entry %s needs either a change or a port event", e.Key())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // people read these rows
	if err := enc.Encode(c); err != nil {
		return row{}, fmt.Errorf("encode entry %s: %w", e.Key(), err)
	}
	at := latestStart(e.At)
	return row{
		entry: e, parts: e.Columns(),
		stream: name(e.Stream), number: int64(e.Number), at: at.Truncate(time.Microsecond), nanos: int64(at.Nanosecond() % 1000),
		observer: name(e.Observer), body: withoutNUL(strings.TrimSuffix(b.String(), "\n")),
	}, nil
}

// same reports whether r and s say the same.
func (r row) same(s row) bool {
	return r.at.Equal(s.at) && r.nanos == s.nanos && r.observer == s.observer && r.body == s.body
}

// decoded returns r with the entry that it was made of.
func (r row) decoded() (event.Entry, error) {
	e := event.Entry{}
	if err := json.Unmarshal([]byte(r.body), &e); err != nil {
		return e, fmt.Errorf("read entry %s/%d: %w", r.stream, r.number, err)
	}
	e.Stream, e.Number, e.Observer = r.stream, uint64(r.number), r.observer
	e.At = r.at.UTC().Add(time.Duration(r.nanos))
	return e, nil
}

// recordColumns are what a row is read back by.
const recordColumns = `stream, number, at, at_nanos, observer, body`

// scan reads one row of recordColumns.
func scan(from interface{ Scan(...any) error }) (row, error) {
	var r row
	err := from.Scan(&r.stream, &r.number, &r.at, &r.nanos, &r.observer, &r.body)
	return r, err
}

// latestStart returns t in UTC, or the beginning of the year 1 if it is before
// that: databases do not agree on what was then.
func latestStart(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1 {
		return time.Time{}
	}
	return t
}

// maxName is how many characters the columns of names hold.
const maxName = 255

// name returns a text as a column of names holds it.
func name(s string) string {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > maxName {
		runes := []rune(s)
		s = strings.ReplaceAll(string(runes[:min(len(runes), maxName)]), "\x00", "\ufffd")
	}
	return s
}

// withoutNUL returns a JSON text with every NUL in a string as U+FFFD:
// PostgreSQL can hold the escape of one, but nobody could query it.
func withoutNUL(text string) string {
	const escape = `\u0000`
	if !strings.Contains(text, escape) {
		return text
	}
	var b strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '\\')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		text = text[i:]
		if rest, ok := strings.CutPrefix(text, escape); ok {
			b.WriteString("\ufffd")
			text = rest
			continue
		}
		b.WriteString(text[:2]) // the backslash and what it escapes
		text = text[2:]
	}
	return b.String() + text
}
