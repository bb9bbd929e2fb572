package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// An incidentRow is an outage as pages show it.
type incidentRow struct {
	ID       string
	Mark     mark
	Check    string
	Link     string // its page; empty for portreeve's own
	Began    moment
	Ended    moment
	Length   string
	Unseen   bool // nobody saw the end
	Cause    string
	Evidence string
	Ack      string // who looks after it, and what they say
	AckAt    moment
	Act      string // link: where it can be acknowledged
}

func (c *composer) incidentRow(in *history.Incident) incidentRow {
	r := incidentRow{
		ID: "i-" + strings.ReplaceAll(in.Key, "/", "-"), Mark: mark{"✓", "over", "ok"}, Check: foreign.Text(in.Check).Clip(maxShown), Link: checkPagePath(in.Check),
		Began: at(in.Began, c.now), Ended: at(in.Ended, c.now), Length: lasted(in.Lasts(c.now)), Unseen: in.Closed,
		Cause: reasonWord(in.Reason), Evidence: in.Text.Clip(160),
	}
	if in.Key == "" {
		r.ID = "i-" + in.Check + "-" + in.Began.UTC().Format("20060102T150405")
	}
	if name, self := strings.CutPrefix(in.Check, health.SelfPrefix); self {
		r.Check = "portreeve: " + strings.ReplaceAll(name, "_", " ")
	}
	switch {
	case in.Open() && in.Ack != nil:
		r.Mark = mark{"✕", "under way, acknowledged", unclear.Class}
	case in.Open():
		r.Mark = mark{"✕", "under way", trouble.Class}
		if c.acts && !strings.HasPrefix(in.Check, health.SelfPrefix) {
			r.Act = r.Link + "#act"
		}
	case in.Closed:
		r.Mark = mark{"◌", "end not seen", unclear.Class}
	}
	if in.Ack != nil {
		r.Ack, r.AckAt = ackWords(in.Ack), at(in.Ack.At, c.now)
	}
	return r
}

// ackWords say who looks after an incident, and what they say.
func ackWords(a *health.Acknowledgement) string {
	text := foreign.Text(a.By).Clip(nameRunes)
	if a.Note != "" {
		text += ": " + foreign.Text(a.Note).Clip(160)
	}
	return text
}

// lasted says how long something was, in two units where one is too coarse:
// 90 s, 4 m 30 s, 5 h 12 m, 3 d 4 h.
func lasted(d time.Duration) string {
	d = d.Round(time.Second) // as mails have it
	const day = 24 * time.Hour
	for _, u := range []struct{ from, big, small time.Duration }{{2 * day, day, time.Hour}, {2 * time.Hour, time.Hour, time.Minute}, {2 * time.Minute, time.Minute, time.Second}} {
		if d < u.from {
			continue
		}
		text := unit(d/u.big, u.big)
		if rest := d % u.big / u.small; rest > 0 {
			text += "\u00a0" + unit(rest, u.small)
		}
		return text
	}
	return span(d)
}

// unit writes so many of a unit.
func unit(n, of time.Duration) string {
	names := map[time.Duration]string{24 * time.Hour: "d", time.Hour: "h", time.Minute: "m", time.Second: "s"}
	return fmt.Sprintf("%d\u00a0%s", n, names[of])
}

// acknowledge makes a strip calmer when somebody looks after what it is about.
func acknowledge(s *strip, in *history.Incident) {
	if in == nil || in.Ack == nil {
		return
	}
	s.Mark, s.Kind = unclear, acknowledgedKind
	s.Text += " Acknowledged by " + ackWords(in.Ack) + "."
}

// reasonWord writes a reason in words. It comes from the journal, whoever wrote
// that.
func reasonWord(r health.Reason) string {
	return foreign.Text(strings.ReplaceAll(string(r), "_", " ")).Clip(nameRunes)
}
