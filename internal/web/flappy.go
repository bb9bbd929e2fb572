package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// What is_flappy asks: so many rounds, so far apart, on this port if none is
// named; and how long all of it may take.
const (
	flappyPort   = 80
	flappyRounds = 5
	flappyEvery  = 2 * time.Second
	flappyTime   = time.Minute
)

// A flappyResult is what is_flappy tells of one host: no key more, for its
// clients may be as strict as it was.
type flappyResult struct {
	Host    string `json:"host"`
	Message string `json:"message"`
	Port    uint16 `json:"port"`
	Status  string `json:"status"` // OK, DOWN, FLAPPY, or UNKNOWN when it is our fault
}

// A flappyAnswer is what it tells of a list.
type flappyAnswer struct {
	Results []flappyResult `json:"results" doc:"One per host, in order"`
}

// flappyRule returns the networks within which r's caller may have hosts asked,
// nil for any, or why he may not. A token changes nothing: clients of is_flappy
// have none.
func (s *Server) flappyRule(r *http.Request) ([]netip.Prefix, *problem) {
	if p := unasked(r); p != nil {
		return nil, p
	}
	if identityOf(r.Context()).local {
		return nil, nil
	}
	for _, network := range s.options.FlappyAllow {
		if network.Contains(identityOf(r.Context()).addr) {
			return s.options.FlappyAllow, nil
		}
	}
	return nil, &problem{
		Status: http.StatusForbidden,
		Detail: fmt.Sprintf("Callers on this machine may ask, and %s is elsewhere, or behind a proxy.", r.RemoteAddr),
		Hint:   "flappy.allow in the configuration names the networks whose callers may ask for hosts of these networks.",
	}
}

// serveCheckHost answers for one host.
func (s *Server) serveCheckHost(w http.ResponseWriter, r *http.Request) {
	allow, p := s.flappyRule(r)
	if p != nil {
		p.serve(w, r)
		return
	}
	host, port, p := hostOfCheck(r)
	if p != nil {
		p.serve(w, r)
		return
	}
	q, p := s.enter(s.flappy, r, flappyTime)
	if p != nil {
		p.serve(w, r)
		return
	}
	defer q.leave()
	results, err := s.askRounds(q.ctx, []string{host}, port, allow)
	if err != nil {
		s.unanswered(err).serve(w, r)
		return
	}
	s.serveLive(w, results[0])
}

// portParam is the parameter of /check.
const portParam = "port"

// hostOfCheck returns which port of which host r asks about.
func hostOfCheck(r *http.Request) (host string, port uint16, p *problem) {
	q, wrongs := readParams(r, portParam)
	host, port = trimHost(r.PathValue("host")), flappyPort
	if err := health.CheckHost(host); err != nil {
		wrongs = append(wrongs, wrong("path.host", host, "the host %v", err))
	}
	if q.Has(portParam) {
		n, err := strconv.ParseUint(q.Get(portParam), 10, 16)
		if err != nil || n == 0 {
			wrongs = append(wrongs, wrong("query."+portParam, q.Get(portParam), "must be a number from 1 to 65535"))
		}
		port = uint16(n)
	}
	if wrongs != nil {
		return "", 0, invalid(wrongs, "Name a host, as in /check/db.example.org?port=443; without a port it is 80.")
	}
	return host, port, nil
}

// serveCheckHosts answers for a list of hosts.
func (s *Server) serveCheckHosts(w http.ResponseWriter, r *http.Request) {
	allow, p := s.flappyRule(r)
	if p == nil {
		p = notJSON(r)
	}
	var q *liveQuestion
	if p == nil {
		q, p = s.enter(s.flappy, r, flappyTime) // before the body: a slow one holds one place, and no second
	}
	if p != nil {
		s.unread(http.HandlerFunc(p.serve)).ServeHTTP(w, r)
		return
	}
	defer q.leave()
	list, p := readHostList(w, r)
	if p != nil {
		p.serve(w, r)
		return
	}
	results, err := s.askRounds(q.ctx, list.hosts, list.port, allow)
	if err != nil {
		s.unanswered(err).serve(w, r)
		return
	}
	s.serveLive(w, flappyAnswer{results})
}

// serveLive writes an answer that holds for this moment only.
func (s *Server) serveLive(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := encodeJSON(w, body); err != nil {
		s.log.Debug("web: live answer", "err", err)
	}
}

// askRounds asks every host and returns a result for each, in order. A host
// that is named twice is asked once: a list must not make a flood of us.
func (s *Server) askRounds(ctx context.Context, hosts []string, port uint16, allow []netip.Prefix) ([]flappyResult, error) {
	places := map[string]int{}
	var specs []*health.Spec
	for _, h := range hosts {
		if _, ok := places[hostKey(h)]; !ok {
			places[hostKey(h)] = len(specs)
			specs = append(specs, flappySpec(len(specs), h, port))
		}
	}
	tallies, err := s.options.Asker.Rounds(ctx, specs, flappyRounds, allow)
	if err == nil && len(tallies) != len(specs) {
		err = errors.New("not every host was asked")
	}
	if err != nil {
		return nil, err
	}
	results := make([]flappyResult, len(hosts))
	for i, h := range hosts {
		results[i] = resultOf(h, port, &tallies[places[hostKey(h)]])
	}
	return results, nil
}

// flappySpec is the question that is_flappy asks of a host.
func flappySpec(number int, host string, port uint16) *health.Spec {
	spec := health.Spec{
		Name: fmt.Sprintf("flappy-%d", number), Target: health.Target{Kind: "tcp", Host: host, Port: port}.String(),
		Interval: health.Duration(flappyEvery), Mode: health.Accept, Origin: health.FromRequest,
	}.WithDefaults(health.DefaultProfile())
	return &spec
}

// hostKey returns what is the same for every way to write a host.
func hostKey(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// trimHost takes off what people leave around a host.
func trimHost(host string) string {
	host = strings.TrimSpace(host)
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return host
}

// resultOf words a tally as is_flappy does.
func resultOf(host string, port uint16, t *health.Tally) flappyResult {
	r := flappyResult{Host: host, Port: port}
	service := fmt.Sprintf("service using port %d on host %s", port, host)
	switch t.Grade() {
	case health.GradeOK:
		r.Status = "OK"
	case health.GradeDown:
		r.Status = "DOWN"
	case health.GradeFlappy:
		r.Status = "FLAPPY"
	default:
		r.Status, r.Message = "UNKNOWN", service+" could not be checked"
		if t.Failure != nil {
			r.Message += ": " + string(t.Failure.Reason)
		}
		return r
	}
	r.Message = service + " is reporting " + r.Status
	return r
}
