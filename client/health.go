package client

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Service is what an app says of itself in its health reports. All of it may be
// empty. Whoever may ask for the report reads it.
type Service struct {
	// ID tells this service from others: portreeve warns when another answers than
	// the one that Check.ServiceID names.
	ID          string
	ReleaseID   string // of the implementation: portreeve notes on the timeline when it changes
	Version     string // of the API, as "1"
	Description string
	Notes       []string
	Links       map[string]string // by relation, URIs
}

// Health answers questions after an app's health with application/health+json
// (draft-inadarei-api-health-check-06): GET and HEAD, with 200 while its status is
// pass or warn, and 503 when it is fail.
//
// The status is the worst of its checks. These run by themselves, each in its own
// goroutine at its own interval, and an answer tells what they found last: asking
// costs next to nothing, however often and by how many it is done. Cache-Control
// lets others keep the answer until the next measurement is due.
//
// [NewHealth] makes one; the zero Health is of no use. Its methods are safe for
// concurrent use. Close ends the checks.
type Health struct {
	service Service
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	checks map[string][]*subcheck // by name, in the order in which they were added
}

// NewHealth returns the health of a service without any checks, which passes. It
// takes the option [Log].
func NewHealth(s Service, opts ...Option) *Health {
	h := &Health{service: s, log: optionsOf(opts).log, checks: map[string][]*subcheck{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

// Close ends the checks and waits until none runs any more; for one that ignores
// the end of its context, a second. The answers go on, and say that the
// measurements are old once they are.
func (h *Health) Close() error {
	h.mu.Lock()
	h.cancel()
	h.mu.Unlock()
	h.running.Wait()
	return nil
}

// ServeHTTP answers with the report.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "health can only be read", http.StatusMethodNotAllowed)
		return
	}
	now := time.Now()
	report, fresh := h.report(now)
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(report); err != nil {
		h.log.Error("cannot write the health report", "err", err)
		http.Error(w, "the health report cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/health+json")
	w.Header().Set("Cache-Control", "max-age="+strconv.Itoa(int(fresh/time.Second)))
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	if report.Status == Fail {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if r.Method == http.MethodGet {
		w.Write(body.Bytes())
	}
}

// Report returns what Health answers now.
func (h *Health) Report() Report {
	report, _ := h.report(time.Now())
	return report
}

// untilNext is how long a report without any check may be kept.
const untilNext = time.Second

// report returns the report, and for how long it may be kept.
func (h *Health) report(now time.Time) (Report, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Report{
		Status: Pass, Version: h.service.Version, ReleaseID: h.service.ReleaseID, ServiceID: h.service.ID,
		Description: h.service.Description, Notes: h.service.Notes, Links: h.service.Links, Checks: map[string][]Component{},
	}
	fresh := time.Duration(-1)
	for _, name := range slices.Sorted(maps.Keys(h.checks)) {
		for _, c := range h.checks[name] {
			component, due := c.component(now)
			r.Checks[name] = append(r.Checks[name], component)
			if s := c.counts(component.Status); s.rank() > r.Status.rank() {
				r.Status, r.Output = s, strings.TrimSuffix(name+": "+component.Output, ": ")
			}
			if fresh < 0 || due < fresh {
				fresh = due
			}
		}
	}
	if fresh < 0 {
		fresh = untilNext
	}
	return r, fresh
}
