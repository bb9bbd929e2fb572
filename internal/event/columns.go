package event

import "github.com/portreeve/portreeve/internal/health"

// Columns repeat parts of an entry for people who query a database. Fields are
// zero where they do not apply.
type Columns struct {
	Kind     string // change, overlay_began, overlay_ended, that of a mark ([health.Mark]), or a port event's
	Check    string
	From, To string // statuses
	Reason   string
	Overlay  string
	Began    string // of a change: RFC 3339 in UTC with nine digits of a second
	Outage   int64  // of a recovery: how long it was, in nanoseconds
	Proto    string
	Port     uint16
	Service  string
	PID      int
}

// columnTime has a fixed width, so that times sort as text.
const columnTime = "2006-01-02T15:04:05.000000000Z"

// Columns returns the columns of an entry.
func (e Entry) Columns() Columns {
	if c := e.Change; c != nil {
		return Columns{
			Kind: kind(c), Check: c.Check, From: string(c.From), To: string(c.To), Reason: string(c.Reason),
			Overlay: string(c.Overlay), Began: c.Began.UTC().Format(columnTime), Outage: int64(c.Outage),
		}
	}
	p := e.Port
	columns := Columns{Kind: string(p.Kind), Proto: string(p.Proto), Port: p.Port, Service: string(p.Service.Name)}
	if p.Process != nil {
		columns.PID = p.Process.PID
	}
	return columns
}

func kind(c *health.Change) string {
	switch {
	case c.Mark != "":
		return string(c.Mark)
	case c.Overlay == "":
		return "change"
	case c.Ended:
		return "overlay_ended"
	}
	return "overlay_began"
}

// Verdict tells what an entry says for the view `state`: whether its check is
// up, and whether it says anything. A check whose status is unknown is neither,
// and faults of portreeve's own are no checks of anybody's.
func (e Entry) Verdict() (healthy, says bool) {
	c := e.Change
	if c == nil || !c.Moved() || c.To == health.Unknown || c.Self() {
		return false, false
	}
	return c.To.Up(), true
}
