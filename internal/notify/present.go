package notify

import (
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// maxOthers is how many other failing checks a notice names.
const maxOthers = 10

// A crowd is the checks that fail, as of not long ago: ten thousand notices need
// not count them ten thousand times.
type crowd struct {
	names []string
	all   int
	at    time.Time
}

// facts returns what is so of a check now. A dossier may be nil.
func (d *Desk) facts(check string, of *dossier) facts {
	self := strings.HasPrefix(check, health.SelfPrefix)
	f := facts{known: self, wanted: self}
	if of != nil && of.Told != nil {
		f.acknowledged = d.site.Acknowledged(of.Told.Key)
	}
	st := d.site.Check(check)
	if st == nil {
		return f
	}
	f.known, f.passing = true, st.Passes > 0
	f.wanted = self || slices.Contains(st.Spec.Alerts, d.route.Load().Name)
	if st.Last != nil {
		f.asked = st.Last.At
	}
	return f
}

// describe adds to a notice what is known of its check now.
func (d *Desk) describe(n *Notice, now time.Time) {
	n.Page = d.site.Page(n.Check)
	trouble := n.Status == health.Unhealthy || n.Kind == Degrading
	if st := d.site.Check(n.Check); st != nil {
		n.Title, n.Target = st.Spec.Title, st.Spec.Target
		n.Registered = n.Kind == PausedKind && st.Spec.Origin.Registered()
		if trouble {
			n.Advice = adviceOn(n, st.Last)
		}
	}
	if good := d.site.LastGood(n.Check); good != nil && trouble {
		kept := *good
		kept.Text = cut(kept.Text)
		n.LastGood = &kept
	}
	if n.Kind == Down || n.Kind == Reminder {
		d.accompany(n, now)
	}
}

// adviceOn returns what to look at, by the last result when that fails in the
// way that the notice tells of.
func adviceOn(n *Notice, last *health.Result) string {
	if last != nil && last.Reason == n.Reason {
		return health.AdviceFor(last)
	}
	return health.Advice(n.Reason)
}

// accompany names what else fails.
func (d *Desk) accompany(n *Notice, now time.Time) {
	c := &d.others
	if c.at.IsZero() || now.Sub(c.at) >= time.Second {
		c.names, c.all = d.site.Failing(maxOthers + 1)
		c.at = now
	}
	for _, name := range c.names {
		if name != n.Check && len(n.Others) < maxOthers {
			n.Others = append(n.Others, name)
		}
	}
	n.OthersCount = max(c.all-1, len(n.Others)) // the check itself is one
}
