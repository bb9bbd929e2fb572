package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// signed sets what is believed of a check that an app signed up for.
func (p *reception) signed(name, target string, status health.Status, r health.Result, change func(*health.State, *registration.Registration)) {
	spec := health.Spec{Name: name, Target: target, Origin: health.FromAPI}
	if strings.HasPrefix(target, "push://") {
		spec.Period, spec.Grace = health.Duration(24*time.Hour), health.Duration(time.Hour)
	}
	spec = spec.WithDefaults(health.DefaultProfile())
	r.At = p.now.Add(-3 * time.Second)
	st := &health.State{Spec: &spec, Status: status, Since: p.now.Add(-time.Hour), Last: &r, Next: p.now.Add(27 * time.Second)}
	signed := registration.Registration{Owner: "address 192.168.7.7", Addr: netip.MustParseAddr("192.168.7.7"), Created: p.now.Add(-50 * time.Hour), Renewed: p.now.Add(-50 * time.Hour)}
	if change != nil {
		change(st, &signed)
	}
	signed.Spec = spec
	p.registrar.held[name] = signed
	p.board.Check(st)
}

// appsReception has apps of every sort: one that says much of its own health, one
// that keeps restarting, one whose name the configuration has come to have, one
// that the configuration no longer permits; jobs that are alive, run, failed, are
// silent, and have never been heard.
func appsReception(t *testing.T) *reception {
	t.Helper()
	p := newReception(t)
	report := &health.Report{
		Status: "warn", ServiceID: "shop", ReleaseID: "2026-07-12.4", Version: "1", Output: "payments answer slowly",
		Notes: []string{"the answer's code is 503 and its status warn: they contradict each other"},
		Parts: []health.Part{
			{Name: "payments:responseTime", Verdict: health.Fail, Time: p.now.Add(-9 * time.Second), Value: "4100 ms", Output: "no answer within 4 s", Affected: []foreign.Text{"/pay", "/refund", "/a", "/b", "/c", "/d"}},
			{Name: "disk:utilization", Verdict: health.Warn, Time: p.now.Add(-8 * time.Second), Value: "91 percent"},
			{Name: "cache:uptime", Verdict: health.Pass, Stale: true, Time: p.now.Add(-3 * time.Hour), Value: "1209600 s"},
			{Name: "orders:connections", Verdict: health.Pass, Time: p.now.Add(-9 * time.Second), Value: "75"},
		},
		More: 12,
	}
	said := health.Result{Verdict: health.Warn, Reason: health.HealthWarn, Text: "payments answer slowly", Took: health.Duration(12 * time.Millisecond), Answer: &health.Answer{
		Address: netip.MustParseAddrPort("192.168.7.7:3000"), HTTP: &health.HTTP{Status: 200, Protocol: "HTTP/1.1", ContentType: "application/health+json", BodyBytes: 812}, Report: report,
	}}
	p.signed("shop", "http://192.168.7.7:3000/health", health.Degrading, said, nil)
	pass := health.Result{Verdict: health.Pass, Took: health.Duration(2 * time.Millisecond)}
	p.signed("restless", "tcp://192.168.7.8:7000", health.Healthy, pass, func(_ *health.State, r *registration.Registration) {
		r.Owner, r.Restarts, r.Renewed = "token deploy", 17, p.now.Add(-time.Minute)
		r.Recent = []time.Time{p.now.Add(-9 * time.Minute), p.now.Add(-5 * time.Minute), p.now.Add(-time.Minute)}
	})
	p.signed("web", "tcp://192.168.7.9:80", health.Healthy, pass, func(st *health.State, r *registration.Registration) {
		configured := *st.Spec
		configured.Origin, configured.Target, st.Spec, r.Conflict = health.FromConfig, "https://shop.example.org/", &configured, true
	})
	p.signed("barred-app", "tcp://10.1.2.3:80", health.Unknown, pass, func(st *health.State, r *registration.Registration) {
		st.Last, r.Wrong = nil, []health.FieldError{{Field: "target", Reason: "10.1.2.3 is in no network of registration.allow"}}
	})
	beat := func(name string, verdict health.Verdict, reason health.Reason, text foreign.Text, b *health.Beat) {
		status := map[health.Verdict]health.Status{health.Pass: health.Healthy, health.Fail: health.Unhealthy}[verdict]
		p.signed(name, "push://"+name, status, health.Result{Verdict: verdict, Reason: reason, Text: text, Answer: &health.Answer{Beat: b}}, func(st *health.State, _ *registration.Registration) {
			if verdict == health.Fail {
				st.Fails, st.Down = 1, p.now.Add(-time.Hour)
			}
		})
	}
	beat("backup", health.Pass, "", "", &health.Beat{Signal: health.Finish, At: p.now.Add(-5 * time.Hour), Took: health.Duration(12*time.Minute + 3*time.Second), Text: "412 files"})
	beat("running", health.Pass, "", "", &health.Beat{Signal: health.Finish, At: p.now.Add(-25 * time.Hour), Took: health.Duration(time.Minute), Started: p.now.Add(-4 * time.Minute)})
	beat("failing", health.Fail, health.JobFailed, "failed at 10:04 with exit code 3: no space left", &health.Beat{Signal: health.Failed, At: p.now.Add(-time.Hour), Code: 3, Text: "no space left", Took: health.Duration(900 * time.Millisecond)})
	beat("silent", health.Fail, health.NoHeartbeat, "nothing was heard since yesterday", &health.Beat{Signal: health.Finish, At: p.now.Add(-26 * time.Hour)})
	beat("never", health.Pass, "", "", nil)
	p.change("shop", 50*time.Hour, health.Change{From: health.Unknown, To: health.Unknown, Mark: health.Registered, By: "address 192.168.7.7"})
	p.change("shop", 49*time.Hour, health.Change{From: health.Unknown, To: health.Healthy})
	p.change("shop", 3*time.Hour, health.Change{From: health.Healthy, To: health.Healthy, Mark: health.Released, Text: "2026-07-12.4, was 2026-07-01.1"})
	p.change("shop", 2*time.Hour, health.Change{From: health.Healthy, To: health.Healthy, Mark: health.Restarted, By: "address 192.168.7.7"})
	p.change("shop", time.Hour, health.Change{From: health.Healthy, To: health.Degrading, Reason: health.HealthWarn, Text: "payments answer slowly"})
	return p
}

func TestPagesOfApps(t *testing.T) {
	for file, url := range map[string]string{
		"apps.html":         "/?checks=origin:api,config",
		"app-report.html":   "/checks/shop",
		"app-restless.html": "/checks/restless",
		"app-conflict.html": "/checks/web",
		"app-barred.html":   "/checks/barred-app",
		"job-alive.html":    "/checks/backup",
		"job-running.html":  "/checks/running",
		"job-failed.html":   "/checks/failing",
		"job-silent.html":   "/checks/silent",
		"job-never.html":    "/checks/never",
		"apps-docs.html":    "/docs",
	} {
		t.Run(file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := ask(appsReception(t).handler(), url)
				if rec.Code != http.StatusOK {
					t.Fatalf("status %d: %s", rec.Code, rec.Body)
				}
				golden(t, file, unversioned(rec.Body.Bytes()))
			})
		})
	}
}

// TestForeignTextHarmsNoPageOfAnApp: everything that an app says of itself, and
// whoever signs up, is hostile.
func TestForeignTextHarmsNoPageOfAnApp(t *testing.T) {
	p := newReception(t)
	var urls []string
	for i, e := range evil {
		name, text := fmt.Sprintf("evil-%d", i), foreign.Text(e)
		part := health.Part{Name: text, Verdict: health.Fail, Stale: true, Time: p.now, Value: text, Output: text, Affected: []foreign.Text{text, text}}
		report := &health.Report{Status: text, ServiceID: text, ReleaseID: text, Version: text, Output: text, Notes: []string{e}, Parts: []health.Part{part}, More: 1}
		target := "http://192.168.7.7/"
		if i%2 == 0 {
			target = "push://" + name
		}
		result := health.Result{Verdict: health.Fail, Reason: health.JobFailed, Text: text, Answer: &health.Answer{Report: report, Beat: &health.Beat{Signal: health.Failed, At: p.now, Code: 1, Text: text}}}
		p.signed(name, target, health.Unhealthy, result, func(st *health.State, r *registration.Registration) {
			r.Owner, r.Wrong, r.Restarts = "token "+e, []health.FieldError{{Field: e, Reason: e}}, 3
			r.Recent = []time.Time{p.now, p.now, p.now}
			if i%3 == 0 {
				r.Conflict = true
			}
		})
		p.change(name, time.Hour, health.Change{From: health.Healthy, To: health.Healthy, Mark: health.Released, Text: text, By: text})
		p.change(name, time.Hour, health.Change{From: health.Healthy, To: health.Healthy, Mark: health.Mark(e), Text: text, By: text})
		urls = append(urls, "/checks/"+name, "/?open=check-"+name)
	}
	harmless(t, p.handler(), append(urls, "/", "/docs"))
	for i := range evil {
		_, answer := p.call(here, "GET", fmt.Sprintf("/api/v1/checks/evil-%d/registration", i), "", bearer("admin")...)
		if strings.ContainsAny(answer, "<>\u202e\u2028\x1b") {
			t.Errorf("info: %s", answer)
		}
	}
}
