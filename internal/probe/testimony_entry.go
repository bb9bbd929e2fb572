package probe

import (
	"strings"
	"time"
)

// An entry is one measurement of a testimony. What is shown of it is read when it
// is: of most nothing is.
type entry struct {
	name  []byte // as JSON; nil: it has none
	word  word
	stale bool
	time  time.Time // of the measurement; zero: unknown

	// As JSON; nil: it says nothing of it.
	id, value, unit, output, affected []byte
}

// badness orders entries: one that is too old stands before those that are well.
func (e *entry) badness() int {
	if e.stale && e.word == passes {
		return 1
	}
	return 2 * int(e.word)
}

// readEntry reads an entry: an object, or a bare status. One without a status is
// well: it is a figure. Remark says what is wrong with it.
func readEntry(name, raw []byte) (e entry, remark string, ok bool) {
	e.name = name
	switch kindOf(raw) {
	case '{':
	case '"':
		e.word = wordOf(textOf(raw))
		return e, e.oddity(), true
	case 'n':
		return e, "", false
	default:
		return e, "an entry of its checks is no object", false
	}
	for key, value := range members(raw) {
		if kindOf(value) == 'n' {
			continue
		}
		if r := e.take(strings.ToLower(textOf(key)), value); r != "" {
			remark = r
		}
	}
	return e, remark, true
}

func (e *entry) oddity() string {
	if e.word.known() {
		return ""
	}
	return "an entry of its checks has a status that means nothing"
}

// take takes one member of an entry.
func (e *entry) take(key string, value []byte) (remark string) {
	switch key {
	case "status":
		e.word = max(e.word, wordOf(textOf(value)))
		return e.oddity()
	case "time":
		var ok bool
		if e.time, ok = timeOf(textOf(value)); !ok {
			return "an entry of its checks has a time that is none, or has no zone"
		}
	case "componentid":
		e.id = value
	case "name", "componentname":
		if e.name == nil {
			e.name = value
		}
	case "observedvalue", "metricvalue":
		e.value = value
	case "observedunit", "metricunit":
		e.unit = value
	case "output":
		e.output = value
	case "affectedendpoints":
		e.affected = value
	}
	return ""
}

// timeOf reads a time as ISO 8601 has it, with a zone: without one nobody knows
// when it was.
func timeOf(text string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "20060102T150405Z0700", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
