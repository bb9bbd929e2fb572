package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// maxBody bounds an entry's JSON: what a NATS server takes by default
// (max_payload), so that a journal can move there with all it holds.
const maxBody = 1 << 20

// maxStream bounds the name of a stream, in bytes.
const maxStream = 255

// timeFormat has a fixed width, so that the times of a column sort as text.
const timeFormat = "2006-01-02T15:04:05.000000000Z"

// A row is an entry as engines keep it. Two entries are the same, word for
// word, when their rows are.
type row struct {
	seq      int64 // place in the journal, from 1
	stream   string
	number   uint64
	at       string // in timeFormat
	observer string
	body     []byte        // a content as JSON
	columns  event.Columns // parts of body; not read back
	verdict  verdict       // what body says of its check; not read back
	healthy  verdict       // what the view `state` says: set when it is appended
}

// A content is what an entry says, without its place.
type content struct {
	Change *health.Change `json:"change,omitempty"`
	Port   *port.Event    `json:"port,omitempty"`
}

// same reports whether r and s say the same.
func (r row) same(s row) bool {
	return r.at == s.at && r.observer == s.observer && bytes.Equal(r.body, s.body)
}

// encode returns the rows of entries, or an ErrEntry for the first that no
// journal takes.
func encode(entries []event.Entry) ([]row, error) {
	rows := make([]row, len(entries))
	for i, e := range entries {
		if e.Number == 0 || e.Number > math.MaxInt64 {
			return nil, fmt.Errorf("%w: %s has no number in its stream", ErrEntry, e.Key())
		}
		r, err := encodeOne(e)
		if err != nil {
			return nil, err
		}
		rows[i] = r
	}
	return rows, nil
}

// encodeOne returns the row of an entry whatever its number.
func encodeOne(e event.Entry) (row, error) {
	if !validStream(e.Stream) {
		return row{}, fmt.Errorf("%w: stream %q", ErrEntry, e.Stream)
	}
	if (e.Change == nil) == (e.Port == nil) {
		return row{}, fmt.Errorf("%w: %s needs either a change or a port event", ErrEntry, e.Key())
	}
	e = inUTC(e)
	if y := e.At.Year(); y < 0 || y > 9999 {
		return row{}, fmt.Errorf("%w: %s is of the year %d", ErrEntry, e.Key(), y)
	}
	body, err := marshal(content{e.Change, e.Port})
	if err != nil {
		return row{}, fmt.Errorf("%w: %s: %w", ErrEntry, e.Key(), err)
	}
	if len(body) > maxBody {
		return row{}, fmt.Errorf("%w: %s has %d bytes, more than %d", ErrEntry, e.Key(), len(body), maxBody)
	}
	return row{
		stream: e.Stream, number: e.Number, at: e.At.Format(timeFormat),
		observer: valid(e.Observer), body: body, columns: validColumns(e.Columns()), verdict: verdictOf(e),
	}, nil
}

// marshal returns c as JSON, the same for all that reads back the same.
func marshal(c content) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // people read these rows
	if err := enc.Encode(c); err != nil {
		return nil, err
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if !bytes.Contains(body, []byte(`\ufffd`)) {
		return body, nil
	}
	// What was no UTF-8 has been escaped, where a true U+FFFD stands as itself.
	var read content
	if err := json.Unmarshal(body, &read); err != nil {
		return nil, err
	}
	b.Reset()
	err := enc.Encode(read)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// entry returns what encode was given.
func (r row) entry() (event.Entry, error) {
	at, err := time.Parse(timeFormat, r.at)
	if err != nil {
		return event.Entry{}, fmt.Errorf("entry %s/%d: %w", r.stream, r.number, err)
	}
	var c content
	if err := json.Unmarshal(r.body, &c); err != nil {
		return event.Entry{}, fmt.Errorf("entry %s/%d: %w", r.stream, r.number, err)
	}
	return event.Entry{Stream: r.stream, Number: r.number, At: at, Observer: r.observer, Change: c.Change, Port: c.Port}, nil
}

// entriesOf returns the entries of rows.
func entriesOf(rows []row) ([]event.Entry, error) {
	entries := make([]event.Entry, len(rows))
	for i, r := range rows {
		var err error
		if entries[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// valid returns s with every byte that is not UTF-8 as U+FFFD, as JSON has it.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

func validStream(s string) bool {
	return s != "" && len(s) <= maxStream && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// inUTC returns e with every time in UTC: RFC 3339 has no seconds in its zone
// offsets, and zones of old have them, so the instant would move.
func inUTC(e event.Entry) event.Entry {
	e.At = e.At.UTC()
	if e.Change != nil {
		c := *e.Change
		c.At, c.Since, c.Began, c.Down = c.At.UTC(), c.Since.UTC(), c.Began.UTC(), c.Down.UTC()
		e.Change = &c
	}
	if e.Port != nil {
		p := *e.Port
		p.Process, p.Was = processInUTC(p.Process), processInUTC(p.Was)
		e.Port = &p
	}
	return e
}

func processInUTC(p *port.Process) *port.Process {
	if p == nil {
		return nil
	}
	q := *p
	q.StartedAt = q.StartedAt.UTC()
	return &q
}
