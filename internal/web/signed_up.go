package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// roll tells who has signed up; nil where nobody can.
func (s *Server) roll() Roll {
	if s.options.Registrar == nil {
		return nil
	}
	return s.options.Registrar
}

// registered returns who signed up the name of a check: nobody, if the zero
// Registration.
func (c *composer) registered(st *health.State) (r registration.Registration, ok bool) {
	if c.roll == nil || board.IsSelf(st) {
		return r, false
	}
	return c.roll.Registration(st.Spec.Name)
}

// registrationFacts tell who signed a check up, and how its app has fared.
func (c *composer) registrationFacts(st *health.State) []fact {
	r, ok := c.registered(st)
	if !ok {
		return nil
	}
	owner := foreign.Text(r.Owner).Clip(120)
	if addr := r.Addr.String(); r.Addr.IsValid() && !strings.HasSuffix(owner, addr) {
		owner += ", from " + addr
	}
	if r.Spec.Origin == health.FromCompat {
		owner += ", by healthchecker's endpoints"
	}
	restarts := fact{Name: "restarts"}
	if r.Restarts > 0 {
		restarts.Value = fmt.Sprint(r.Restarts)
		if n := r.RecentRestarts(c.now); n > 0 {
			restarts.Value += fmt.Sprintf(", of which %d within %s", n, span(registration.CrashWithin))
		}
	}
	if !st.Spec.Origin.Registered() {
		owner += ", too, and is not asked"
	}
	facts := []fact{{Name: "signed up by", Value: owner}, {Name: "signed up", Time: at(r.Created, c.now)}, restarts}
	if r.Restarts > 0 {
		facts = append(facts, fact{Name: "last restart", Time: at(r.Renewed, c.now)})
	}
	return facts
}

// Words for what may be with a registration.
const (
	crashLoop = "crash loop"
	conflict  = "conflict"
	notAsked  = "not asked"
)

// registrationTags are words for what is wrong with a registration.
func (c *composer) registrationTags(st *health.State) []cell {
	var out []cell
	for _, s := range c.registrationStrips(st) {
		out = append(out, cell{Text: s.Kind, Class: s.Mark.Class, Title: s.Text})
	}
	return out
}

// registrationStrips say what is wrong with a registration, and what to do.
func (c *composer) registrationStrips(st *health.State) []strip {
	r, ok := c.registered(st)
	if !ok {
		return nil
	}
	var out []strip
	add := func(kind, text string, since time.Time) {
		out = append(out, strip{Mark: caution, Kind: kind, Text: text, Since: at(since, c.now)})
	}
	if r.Conflict || !st.Spec.Origin.Registered() {
		add(conflict, fmt.Sprintf("The configuration has a check of this name, and that one is asked. The app that signed it up too (%s) is not watched: rename one of the two.", foreign.Text(r.Owner).Clip(120)), time.Time{})
		return out
	}
	if r.CrashLoop(c.now) {
		add(crashLoop, fmt.Sprintf("Its app has signed up again %d times within %s: it keeps restarting.", registration.CrashRestarts, span(registration.CrashWithin)), r.Recent[0])
	}
	if len(r.Wrong) > 0 {
		texts := make([]string, len(r.Wrong))
		for i, f := range r.Wrong {
			texts[i] = f.Error()
		}
		add(notAsked, "Since it was signed up the configuration has changed: "+clipped(strings.Join(texts, "; "))+".", time.Time{})
	}
	return out
}

// allRegistrationStrips are those of every check.
func (c *composer) allRegistrationStrips() []strip {
	if c.roll == nil {
		return nil
	}
	var out []strip
	for _, st := range c.view.Checks {
		for _, s := range c.registrationStrips(st) {
			s.Subject, s.Link = st.Spec.Name, c.checkLink(st.Spec.Name)
			out = append(out, s)
		}
	}
	return out
}
