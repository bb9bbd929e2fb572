package web

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestFewLookAtThePastAtOnce: whoever finds all places taken waits for one, and
// is told to come back when it takes too long; what is now is told at once.
func TestFewLookAtThePastAtOnce(t *testing.T) {
	paths := []string{"/checks/api", "/incidents", "/api/v1/incidents", "/api/v1/checks/api/uptime", "/api/v1/checks/api/history", "/api/v1/checks/api/latency"}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, reg := pastWorld(time.Now())
				s := w.server(pastOptions(w, reg))
				var leave []func()
				for range maxLooking {
					_, l, err := s.look(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					leave = append(leave, l)
				}
				if rec := ask(s.Handler(), path); rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
					t.Errorf("in a crowd: %d %v", rec.Code, rec.Header())
				}
				begun := time.Now()
				for _, now := range []string{"/", "/api/v1/checks", "/healthz"} {
					if rec := ask(s.Handler(), now); rec.Code != http.StatusOK || time.Since(begun) > 0 {
						t.Errorf("%s in a crowd: %d after %v", now, rec.Code, time.Since(begun))
					}
				}
				time.AfterFunc(time.Second, leave[0])
				if rec := ask(s.Handler(), path); rec.Code != http.StatusOK || time.Since(begun) != time.Second {
					t.Errorf("when one has left: %d after %v", rec.Code, time.Since(begun))
				}
				for _, l := range leave[1:] {
					l()
				}
				if len(s.looking) != 0 {
					t.Errorf("%d places are not given back", len(s.looking))
				}
			})
		})
	}
}
