package probe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A testimony is what a target says of its own health, as far as it can be
// understood: values of other types than the draft has are overlooked, and keys
// may be written in any case, or as older drafts have them. Nothing of it is
// safe to show.
type testimony struct {
	stated bool // it has a status
	status string
	word   word

	serviceID, releaseID, version, output string

	entries []entry // worst first
	more    int     // that are not looked at
	stale   int     // entries that are too old
	notes   []string
}

// A word is what a status means.
type word int

// The words, from best to worst.
const (
	passes word = iota
	means       // nothing
	warns
	fails
)

// known reports whether a word means anything.
func (w word) known() bool { return w != means }

// wordOf understands a status in any case, and words for the same thing that are
// older than the draft (section 3.1).
func wordOf(status string) word {
	switch strings.ToLower(strings.TrimSpace(status)) {
	case "pass", "ok", "up":
		return passes
	case "warn":
		return warns
	case "fail", "error", "down":
		return fails
	}
	return means
}

const (
	// maxNesting is how deep a report may be nested. The draft's own are 5 deep.
	maxNesting = 16
	// maxEntries is how many entries of a report are looked at.
	maxEntries = 1000
	// maxNotes is how many of our remarks on a report are kept.
	maxNotes = 8
)

// readTestimony reads a report. The error goes on after "health+json that".
func readTestimony(raw []byte) (*testimony, error) {
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")))
	switch {
	case !json.Valid(raw):
		return nil, fmt.Errorf("is no JSON: %w", json.Unmarshal(raw, new(json.RawMessage)))
	case raw[0] != '{':
		return nil, errors.New("is no object")
	case nesting(raw) > maxNesting:
		return nil, fmt.Errorf("is nested more than %d deep", maxNesting)
	}
	t := &testimony{}
	for key, value := range members(raw) {
		t.take(strings.ToLower(textOf(key)), value)
	}
	slices.SortStableFunc(t.entries, func(a, b entry) int { return cmp.Compare(b.word, a.word) })
	return t, nil
}

// take takes one member of a report.
func (t *testimony) take(key string, value []byte) {
	switch key {
	case "status":
		t.takeStatus(value)
	case "serviceid":
		t.serviceID = textOf(value)
	case "releaseid":
		t.releaseID = textOf(value)
	case "version":
		t.version = textOf(value)
	case "output":
		t.output = textOf(value)
	case "checks", "details":
		t.takeChecks(value)
	}
}

// takeStatus takes a status. Of two, the worse one counts.
func (t *testimony) takeStatus(value []byte) {
	if kindOf(value) == 'n' {
		return
	}
	text := textOf(value)
	if t.stated {
		t.note("it states its status twice, and the worse counts")
	}
	if w := wordOf(text); !t.stated || w > t.word {
		t.status, t.word = text, w
	}
	t.stated = true
}

// takeChecks takes the entries of an object, by their names: each a list, or as
// older drafts have it one alone. A list without names is taken as well.
func (t *testimony) takeChecks(value []byte) {
	switch kindOf(value) {
	case '{':
		for key, entries := range members(value) {
			if kindOf(entries) != '[' {
				t.takeEntry(key, entries)
				continue
			}
			for one := range elements(entries) {
				t.takeEntry(key, one)
			}
		}
	case '[':
		for one := range elements(value) {
			t.takeEntry(nil, one)
		}
	case 'n':
	default:
		t.note("its checks are no object")
	}
}

func (t *testimony) takeEntry(name, value []byte) {
	if len(t.entries) == maxEntries {
		t.more++
		return
	}
	e, remark, ok := readEntry(name, value)
	t.note(remark)
	if ok {
		t.entries = append(t.entries, e)
	}
}

// note adds a remark, once.
func (t *testimony) note(remark string) {
	if remark != "" && len(t.notes) < maxNotes && !slices.Contains(t.notes, remark) {
		t.notes = append(t.notes, remark)
	}
}

// date finds the entries that are too old. Their age is told by the clock of who
// answers, where that is known (RFC 9110, section 6.6.1): many are set wrong.
func (t *testimony) date(resp *http.Response, patience time.Duration) {
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	for i := range t.entries {
		e := &t.entries[i]
		e.stale = patience > 0 && !e.time.IsZero() && now.Sub(e.time) > patience
		if e.stale {
			t.stale++
		}
	}
	slices.SortStableFunc(t.entries, func(a, b entry) int { return cmp.Compare(b.badness(), a.badness()) })
}
