package mirror

import "strconv"

// A column is one that rows are written with.
type column struct {
	name     string
	postgres string           // its type there
	of       func(row) string // empty: NULL, where that may be
}

// columns lists what is written of a row: the record, then parts of body for
// people.
func columns() []column {
	return []column{
		{"stream", "text", func(r row) string { return r.stream }},
		{"number", "bigint", func(r row) string { return integer(r.number) }},
		{"at", "timestamptz", func(r row) string { return r.at.Format(timeFormat) }},
		{"at_nanos", "smallint", func(r row) string { return strconv.FormatInt(r.nanos, 10) }},
		{"observer", "text", func(r row) string { return r.observer }},
		{"body", "json", func(r row) string { return r.body }},
		{"kind", "text", func(r row) string { return name(r.parts.Kind) }},
		{"check_name", "text", func(r row) string { return name(r.parts.Check) }},
		{"from_status", "text", func(r row) string { return name(r.parts.From) }},
		{"to_status", "text", func(r row) string { return name(r.parts.To) }},
		{"reason", "text", func(r row) string { return name(r.parts.Reason) }},
		{"overlay", "text", func(r row) string { return name(r.parts.Overlay) }},
		{"began", "timestamptz", began},
		{"outage", "bigint", func(r row) string { return integer(r.parts.Outage) }},
		{"proto", "text", func(r row) string { return name(r.parts.Proto) }},
		{"port", "integer", func(r row) string { return integer(int64(r.parts.Port)) }},
		{"service", "text", func(r row) string { return name(r.parts.Service) }},
		{"pid", "bigint", func(r row) string { return integer(int64(r.parts.PID)) }},
		{"healthy", "boolean", healthy},
	}
}

// required are the columns that are never NULL.
func required(column string) bool {
	switch column {
	case "stream", "number", "at", "at_nanos", "observer", "body", "kind":
		return true
	}
	return false
}

// values returns what columns hold of a row: text, or nil for NULL.
func (r row) values() []any {
	all := columns()
	values := make([]any, len(all))
	for i, c := range all {
		if text := c.of(r); text != "" || required(c.name) {
			values[i] = text
		}
	}
	return values
}

// timeFormat is understood by all databases; the session's zone is UTC.
const timeFormat = "2006-01-02 15:04:05.000000"

func began(r row) string {
	if r.entry.Change == nil {
		return ""
	}
	return latestStart(r.entry.Change.Began).Format(timeFormat)
}

func healthy(r row) string {
	switch {
	case r.healthy == nil:
		return ""
	case *r.healthy:
		return "1"
	}
	return "0"
}

func integer(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
