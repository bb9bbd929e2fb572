package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/client"
)

// ask asks for a health report.
func ask(t *testing.T, h http.Handler) (*httptest.ResponseRecorder, *client.Report) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
	report, err := client.ReadHealth(w.Result())
	if err != nil {
		t.Fatal(err)
	}
	return w, report
}

func measured(m client.Measurement, err error) func(context.Context) (client.Measurement, error) {
	return func(context.Context) (client.Measurement, error) { return m, err }
}

// TestHealth: the whole answer of a service that is well.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := client.NewHealth(client.Service{
			ID: "shop", ReleaseID: "1.4.2", Version: "1", Description: "the shop", Notes: []string{"one"}, Links: map[string]string{"about": "/about"},
		})
		defer h.Close()
		h.Check("db:responseTime", client.MeasureOptions{ComponentID: "a", ComponentType: "datastore", Unit: "ms", Affected: []string{"/orders"}}, measured(client.Measurement{Value: 12.5, Output: "never shown"}, nil))
		h.Check("db:responseTime", client.MeasureOptions{ComponentID: "b"}, measured(client.Measurement{Status: client.Pass}, nil))
		synctest.Wait()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
		now := time.Now().UTC().Format(time.RFC3339Nano)
		want := fmt.Sprintf(`{"status":"pass","version":"1","releaseId":"1.4.2","serviceId":"shop","description":"the shop","notes":["one"],"checks":{"db:responseTime":[`+
			`{"componentId":"a","componentType":"datastore","observedValue":12.5,"observedUnit":"ms","status":"pass","time":%q},{"componentId":"b","status":"pass","time":%q}]},"links":{"about":"/about"}}`, now, now) + "\n"
		if d := cmp.Diff(want, w.Body.String()); d != "" {
			t.Error(d)
		}
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/health+json" || w.Header().Get("Cache-Control") != "max-age=15" {
			t.Errorf("%d with %v", w.Code, w.Header())
		}
		time.Sleep(6 * time.Second)
		if w, _ := ask(t, h); w.Header().Get("Cache-Control") != "max-age=9" {
			t.Errorf("nine seconds before the next measurement: %v", w.Header())
		}
	})
}

// TestHealthStatus: the worst check decides, and the code follows.
func TestHealthStatus(t *testing.T) {
	ill := errors.New("dial tcp 10.0.0.5:5432: password is hunter2")
	pass, warn, fail := client.Measurement{Value: 1}, client.Measurement{Status: client.Warn, Output: "nearly full"}, client.Measurement{Status: client.Fail, Output: "full"}
	type check struct {
		o   client.MeasureOptions
		m   client.Measurement
		err error
	}
	for _, tt := range []struct {
		name   string
		checks []check
		status client.Status
		code   int
		output string
	}{
		{"no checks", nil, client.Pass, 200, ""},
		{"all well", []check{{m: pass}, {m: pass}}, client.Pass, 200, ""},
		{"a warning", []check{{m: pass}, {m: warn}}, client.Warn, 200, "c1: nearly full"},
		{"a failure", []check{{m: warn}, {m: fail}, {m: warn}}, client.Fail, 503, "c1: full"},
		{"the first of two", []check{{m: fail}, {m: fail}}, client.Fail, 503, "c0: full"},
		{"an optional failure", []check{{m: pass}, {m: fail, o: client.MeasureOptions{Optional: true}}}, client.Warn, 200, "c1: full"},
		{"an error", []check{{err: ill}}, client.Fail, 503, "c0: failed"},
		{"an error that says more", []check{{m: client.Measurement{Output: "no connection"}, err: ill}}, client.Fail, 503, "c0: no connection"},
		{"an error that is shown", []check{{err: ill, o: client.MeasureOptions{ShowErrors: true}}}, client.Fail, 503, "c0: " + ill.Error()},
		{"a status that is none", []check{{m: client.Measurement{Status: "great"}}}, client.Fail, 503, `c0: measured a status that is none: "great"`},
		{"no number", []check{{m: client.Measurement{Value: math.NaN()}}}, client.Warn, 200, "c0: the value cannot be written"},
		{"a silent warning", []check{{m: client.Measurement{Status: client.Warn}}}, client.Warn, 200, "c0"},
		{"a long output", []check{{m: client.Measurement{Status: client.Fail, Output: strings.Repeat("x", 5000)}}}, client.Fail, 503, "c0: " + strings.Repeat("x", 1024)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := client.NewHealth(client.Service{})
				defer h.Close()
				for i, c := range tt.checks {
					c.o.Affected = []string{"/x"}
					h.Check(fmt.Sprintf("c%d", i), c.o, measured(c.m, c.err))
				}
				synctest.Wait()
				w, report := ask(t, h)
				if w.Code != tt.code || report.Status != tt.status || report.Output != tt.output {
					t.Errorf("%d %s %q, want %d %s %q", w.Code, report.Status, report.Output, tt.code, tt.status, tt.output)
				}
				for name, list := range report.Checks {
					if c := list[0]; (c.Affected != nil) != (c.Status != client.Pass) || c.Status == client.Pass && c.Output != "" {
						t.Errorf("%s: %+v", name, c)
					}
				}
			})
		})
	}
}

// TestHealthTimes: when a measurement is taken, overdue, and old.
func TestHealthTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		h := client.NewHealth(client.Service{}, client.Log(slog.New(slog.NewTextHandler(&log, nil))))
		defer h.Close()
		var taken atomic.Int32
		hang := make(chan struct{})
		stuck := false
		h.Check("disk", client.MeasureOptions{Interval: 10 * time.Second, Timeout: 2 * time.Second}, func(context.Context) (client.Measurement, error) {
			n := taken.Add(1)
			if n == 1 {
				time.Sleep(time.Second)
			}
			if n == 3 {
				stuck = true
				<-hang
			}
			return client.Measurement{Value: n}, nil
		})
		began := time.Now()
		see := func(at time.Duration, status client.Status, output, age string) {
			t.Helper()
			time.Sleep(time.Until(began.Add(at)))
			synctest.Wait()
			w, report := ask(t, h)
			if c := report.Checks["disk"][0]; c.Status != status || c.Output != output || w.Header().Get("Cache-Control") != "max-age="+age {
				t.Errorf("after %s: %+v with %s, want %s %q and %s", at, c, w.Header().Get("Cache-Control"), status, output, age)
			}
		}
		see(0, client.Warn, "not measured yet", "0")
		see(time.Second, client.Pass, "", "9")
		see(9*time.Second, client.Pass, "", "1")
		see(10*time.Second, client.Pass, "", "10")
		see(21*time.Second, client.Pass, "", "0") // the third goes on
		see(22*time.Second, client.Fail, "not ended after 2s", "10")
		see(43*time.Second, client.Fail, "not ended after 22s", "9")
		if n := taken.Load(); n != 3 || !stuck {
			t.Errorf("%d measurements were begun, want the third to be the last", n)
		}
		if n := strings.Count(log.String(), "takes too long"); n != 1 {
			t.Errorf("it is %d times in the log, want once:\n%s", n, log.String())
		}
		close(hang)
		see(45*time.Second, client.Pass, "", "8") // at once after the stuck one, whose tick had passed
		h.Close()
		see(75*time.Second, client.Pass, "", "0")
		see(76*time.Second, client.Warn, "last measured 33s ago", "0")
	})
}

// TestHealthFaults: a check that panics harms nobody, one that heeds its context
// ends, and errors go to the log.
func TestHealthFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		h := client.NewHealth(client.Service{}, client.Log(slog.New(slog.NewTextHandler(&log, nil))))
		h.Check("a", client.MeasureOptions{}, func(context.Context) (client.Measurement, error) { panic("oh") })
		h.Check("b", client.MeasureOptions{Timeout: time.Second}, func(ctx context.Context) (client.Measurement, error) {
			<-ctx.Done()
			return client.Measurement{}, ctx.Err()
		})
		h.Check("c", client.MeasureOptions{}, measured(client.Measurement{}, errors.New("secret")))
		h.Check("d", client.MeasureOptions{}, measured(client.Measurement{Value: panics{}}, nil))
		time.Sleep(2 * time.Second)
		_, report := ask(t, h)
		for name, want := range map[string]string{"a": "panicked", "b": "not ended after 1s", "c": "failed", "d": "panicked"} {
			if c := report.Checks[name][0]; c.Status != client.Fail || c.Output != want {
				t.Errorf("%s: %+v, want %q", name, c, want)
			}
		}
		for _, want := range []string{"panic=oh", "err=secret", "health_test.go"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("%q is not in the log:\n%s", want, log.String())
			}
		}
		h.Close()
		h.Close()
		h.Check("late", client.MeasureOptions{}, func(context.Context) (client.Measurement, error) {
			t.Error("measured after Close")
			return client.Measurement{}, nil
		})
		time.Sleep(time.Minute)
		if _, late := h.Report().Checks["late"]; late {
			t.Error("a check was added after Close")
		}
	})
}

// panics cannot be written.
type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("oh") }

func TestHealthMethods(t *testing.T) {
	h := client.NewHealth(client.Service{ID: "shop"})
	defer h.Close()
	s := httptest.NewServer(h)
	defer s.Close()
	for method, code := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405} {
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != code || code == 405 && resp.Header.Get("Allow") != "GET, HEAD" || code == 200 && resp.ContentLength != int64(len(`{"status":"pass","serviceId":"shop"}`)+1) {
			t.Errorf("%s: %d with %v", method, resp.StatusCode, resp.Header)
		}
	}
}

func TestHealthMistakes(t *testing.T) {
	h := client.NewHealth(client.Service{})
	defer h.Close()
	for name, add := range map[string]func(){
		"no name":     func() { h.Check("", client.MeasureOptions{}, measured(client.Measurement{}, nil)) },
		"no function": func() { h.Check("x", client.MeasureOptions{}, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is let through", name)
				}
			}()
			add()
		}()
	}
}

// TestHealthConcurrent: whoever asks, adds and closes at once.
func TestHealthConcurrent(t *testing.T) {
	h := client.NewHealth(client.Service{})
	done := make(chan error)
	for i := range 8 {
		go func() {
			h.Check(fmt.Sprint(i), client.MeasureOptions{Interval: time.Millisecond}, measured(client.Measurement{Value: i}, nil))
			var err error
			for range 50 {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
				if !json.Valid(w.Body.Bytes()) {
					err = errors.New(w.Body.String())
				}
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	h.Close()
}

// BenchmarkHealth: asking costs next to nothing.
func BenchmarkHealth(b *testing.B) {
	h := client.NewHealth(client.Service{ID: "shop"})
	defer h.Close()
	for i := range 10 {
		h.Check(fmt.Sprintf("c%d:time", i), client.MeasureOptions{Unit: "ms"}, measured(client.Measurement{Value: i}, nil))
	}
	r := httptest.NewRequest(http.MethodGet, "/health", nil)
	for b.Loop() {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
