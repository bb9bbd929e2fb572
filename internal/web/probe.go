package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// Parameters of /probe.
const (
	targetParam = "target"
	moduleParam = "module"
	checkParam  = "check"
)

// serveProbe answers Prometheus as blackbox_exporter does: about a target that
// is asked now, or about a check that is asked by its schedule anyway. What
// could not be told is no probe_success of 0, which would say that the target is
// down: it is an error, so that Prometheus has no sample and up is 0.
func (s *Server) serveProbe(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if p := wrongParams(q); p != nil {
		p.serve(w, r)
		return
	}
	if q.Has(checkParam) {
		s.serveProbeOfCheck(w, r, q.Get(checkParam))
		return
	}
	s.serveProbeOfTarget(w, r, q)
}

// wrongParams names every parameter that makes no sense.
func wrongParams(q url.Values) *problem {
	known := []string{targetParam, moduleParam, checkParam}
	var wrongs []wrongField
	for name, values := range q {
		at := "query." + name
		switch {
		case !slices.Contains(known, name):
			hint := "parameters are " + strings.Join(known, ", ")
			if near, ok := port.Nearest(name, known); ok {
				hint = fmt.Sprintf("did you mean %s?", near)
			}
			wrongs = append(wrongs, wrong(at, "", "is unknown; %s", hint))
		case len(values) > 1:
			wrongs = append(wrongs, wrong(at, "", "is there %d times", len(values)))
		case q.Has(checkParam) && name != checkParam:
			wrongs = append(wrongs, wrong(at, values[0], "has no meaning with check: a check has its own"))
		}
	}
	if !q.Has(checkParam) && q.Get(targetParam) == "" {
		wrongs = append(wrongs, wrong("query.target", "", "is missing"))
	}
	if wrongs == nil {
		return nil
	}
	slices.SortFunc(wrongs, func(a, b wrongField) int { return strings.Compare(a.Location, b.Location) })
	return invalid(firstWrong(wrongs), "Ask /probe?target=HOST:PORT, /probe?target=URL&module=http_2xx or /probe?check=NAME.")
}

// serveProbeOfTarget asks now. It needs a token from elsewhere even where
// reading is public: who may ask can find out what can be reached from here.
func (s *Server) serveProbeOfTarget(w http.ResponseWriter, r *http.Request, q url.Values) {
	spec, p := s.probeSpec(r, q)
	if p == nil {
		p = unasked(r)
	}
	if id := identityOf(r.Context()); p == nil && !id.local && !id.means(auth.Read) {
		p = challenge("", "Asking a target from elsewhere needs a token.", "Send Authorization: Bearer and a token; a browser's password does not count here.", false)
	}
	var question *liveQuestion
	if p == nil {
		question, p = s.enter(s.live, r, time.Duration(spec.Timeout)+2*time.Second) // to wait for a turn, and for the canary
	}
	if p != nil {
		p.serve(w, r)
		return
	}
	defer question.leave()
	result := s.options.Asker.Ask(question.ctx, spec, nil)
	if result.Verdict == health.Indeterminate {
		unjudged(foreignTarget(spec.Target), result).serve(w, r)
		return
	}
	serveExposition(w, spec, &result)
}

// probeSpec understands what is asked of whom, and for how long.
func (s *Server) probeSpec(r *http.Request, q url.Values) (*health.Spec, *problem) {
	if s.options.Asker == nil {
		return nil, &problem{Status: http.StatusNotFound, Detail: "Targets are not asked here.", Hint: "Ask about a check: /probe?check=NAME."}
	}
	timeout, err := probeTimeout(r.Header.Get(scrapeTimeout))
	if err != nil {
		return nil, invalid([]wrongField{wrong("header."+scrapeTimeout, r.Header.Get(scrapeTimeout), "%v", err)}, "")
	}
	spec, wrongs := specOfModule(q.Get(targetParam), q.Get(moduleParam))
	if wrongs != nil {
		return nil, invalid(wrongs, "Modules are "+strings.Join(moduleNames(), ", ")+"; without one the target's own kind decides.")
	}
	spec.Name, spec.Origin = "probe", health.FromRequest
	spec.Timeout, spec.Interval = health.Duration(timeout), health.Duration(timeout+time.Second)
	full := spec.WithDefaults(health.DefaultProfile())
	for _, e := range full.Validate() {
		wrongs = append(wrongs, wrong("query."+e.Field, "", "%s", e.Reason))
	}
	if wrongs != nil {
		return nil, invalid(wrongs, "Write a target as HOST:PORT, tls://HOST:PORT, http://HOST/PATH or https://HOST/PATH.")
	}
	return &full, nil
}

// scrapeTimeout is the header by which Prometheus says when it gives up.
const scrapeTimeout = "X-Prometheus-Scrape-Timeout-Seconds"

// How long a probe may take: without being told, at most, and how much sooner
// than Prometheus gives up, as blackbox_exporter has it.
const (
	usualProbe  = 5 * time.Second
	longestWait = 30 * time.Second
	headStart   = 500 * time.Millisecond
)

// probeTimeout returns how long a probe may take.
func probeTimeout(header string) (time.Duration, error) {
	if header == "" {
		return usualProbe, nil
	}
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 {
		return 0, fmt.Errorf("must be a number of seconds above 0")
	}
	d := time.Duration(min(seconds, longestWait.Seconds()) * float64(time.Second))
	return max(d-headStart, d/2), nil
}

// serveProbeOfCheck tells what a check's last round found. Nobody is asked.
func (s *Server) serveProbeOfCheck(w http.ResponseWriter, r *http.Request, name string) {
	v := s.board.View()
	st, ok := checkNamed(v, name)
	if !ok {
		p := problem{Status: http.StatusNotFound, Detail: fmt.Sprintf("There is no check %q.", foreignTarget(name)), Hint: "What there is stands at " + sdPath + "."}
		if near, ok := nearestCheck(v, name); ok {
			p.Hint = fmt.Sprintf("Did you mean %s?", near)
		}
		p.serve(w, r)
		return
	}
	if p := untold(st, time.Now()); p != nil {
		p.serve(w, r)
		return
	}
	serveExposition(w, st.Spec, st.Last)
}

// checkNamed finds a check by its name.
func checkNamed(v *board.View, name string) (*health.State, bool) {
	i, ok := slices.BinarySearchFunc(v.Checks, name, func(st *health.State, name string) int { return strings.Compare(st.Spec.Name, name) })
	if !ok {
		return nil, false
	}
	return v.Checks[i], true
}

// maxNames bounds how many names are compared with a misspelt one.
const maxNames = 1000

// nearestCheck returns the name that a misspelt one most likely means.
func nearestCheck(v *board.View, name string) (string, bool) {
	if len(name) > 63 || len(v.Checks) > maxNames {
		return "", false
	}
	names := make([]string, len(v.Checks))
	for i, st := range v.Checks {
		names[i] = st.Spec.Name
	}
	return port.Nearest(name, names)
}

// freshFor is how many intervals old a result may be.
const freshFor = 3

// untold returns why the last result of a check says nothing of now, or nil.
func untold(st *health.State, now time.Time) *problem {
	interval := time.Duration(st.Spec.Interval)
	p := &problem{Status: http.StatusServiceUnavailable, Hint: "That says nothing about the target: neither that it is up nor that it is down."}
	switch {
	case st.Has(health.Paused):
		p.Detail = fmt.Sprintf("The check %s is paused.", st.Spec.Name)
	case st.Last == nil:
		p.Detail = fmt.Sprintf("The check %s has not been asked yet.", st.Spec.Name)
	case now.Sub(st.Last.At) > freshFor*interval+time.Duration(st.Last.Took), st.Has(health.Stale):
		p.Detail = fmt.Sprintf("The last result of %s is stale: %v old, and it is asked every %v.", st.Spec.Name, now.Sub(st.Last.At).Round(time.Second), interval)
	case st.Last.Verdict == health.Indeterminate:
		p = unjudged("The check "+st.Spec.Name, *st.Last)
		p.Status = http.StatusServiceUnavailable
	default:
		return nil
	}
	return p
}
