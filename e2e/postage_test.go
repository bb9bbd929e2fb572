package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// TestBadMailServersDelayNoCheck: whatever a mail server does to us, checks stay
// on time.
func TestBadMailServersDelayNoCheck(t *testing.T) {
	for name, script := range map[string]smtpsink.Script{
		"tarpit":           {Greeting: smtpsink.Drip},
		"silent":           {EHLO: smtpsink.Hang},
		"not now":          {Mail: "451 not now"},
		"never":            {Rcpt: "550 no such user"},
		"dead behind DATA": {Dot: smtpsink.Die},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const checks = 300
			f, server := newFarm(t), smtpsink.Play(t, script)
			head := fmt.Sprintf(`
defaults: {interval: 500ms, timeout: 300ms, alerts: [ops]}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {ops: {email: {to: [ops@example.org]}}}`, server.Addr)
			file := config(t, head, checks, func(i int) string {
				port := f.tcp
				if i%2 == 0 {
					port = 1 // nobody listens there
				}
				return fmt.Sprintf("{name: t%03d, target: \"tcp://%s:%d\"}", i, f.addr(i), port)
			})
			s := serve(t, "--config", file)
			eventually(t, 20*time.Second, func() string {
				if down := sum(t, s.get("/metrics"), `portreeve_check_state{state="unhealthy"`); down != checks/2 {
					return fmt.Sprintf("%v checks are down", down)
				}
				return ""
			})
			time.Sleep(3 * time.Second)
			metrics := s.get("/metrics")
			skipped, late := sum(t, metrics, "portreeve_schedule_skipped_total"), above(t, metrics, "portreeve_schedule_lag_seconds", 0.1)
			t.Logf("lag: %s", quantile(t, metrics, "portreeve_schedule_lag_seconds", 0.99))
			if skipped > 0 && late == 0 {
				t.Errorf("%v slots were skipped", skipped)
			}
			sent := sum(t, metrics, `portreeve_notifications_total{result="sent"`) - sum(t, metrics, `portreeve_notifications_total{channel="log"`)
			if sent > 0 {
				t.Errorf("%v notices count as sent", sent)
			}
			if !strings.Contains(s.health(), "alerts:delivery") {
				t.Error("/healthz does not tell of delivery")
			}
		})
	}
}

// TestHoursWithoutAMailServer, in seconds: many outages of one target come and go
// meanwhile, and one mail tells of them.
func TestHoursWithoutAMailServer(t *testing.T) {
	m, sink := newMoody(t, 3), smtpsink.Open(t, smtpsink.Options{Addr: fmt.Sprintf("127.0.0.1:%d", freePort(t))})
	sink.Down()
	head := fmt.Sprintf(`
defaults: {interval: 100ms, timeout: 80ms, alerts: [ops]}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {ops: {email: {to: [ops@example.org]}}}`, sink.Addr)
	file := config(t, head, 3, func(i int) string { return fmt.Sprintf("{name: t%d, target: \"%s/%d\"}", i, m.URL, i) })
	s := serve(t, "--config", file)
	status := func(i int, want string) {
		t.Helper()
		eventually(t, 10*time.Second, func() string {
			if !strings.Contains(s.get(fmt.Sprintf("/api/v1/checks/t%d", i)), fmt.Sprintf("%q", want)) {
				return fmt.Sprintf("t%d is not %s", i, want)
			}
			return ""
		})
	}
	status(0, "HEALTHY")
	for range 2 {
		for i := range 2 {
			m.down[i].Store(true)
			status(i, "UNHEALTHY")
			m.down[i].Store(false)
			status(i, "HEALTHY")
		}
	}
	m.down[2].Store(true)
	status(2, "UNHEALTHY")
	sink.Up(t)
	sink.Wait(t, 3, 2*time.Minute)
	time.Sleep(2 * time.Second)
	mails := sink.Mails()
	if len(mails) != 3 {
		t.Errorf("%d mails about three targets", len(mails))
	}
	for _, mail := range mails {
		check, kind := mail.Header("X-Portreeve-Check"), mail.Header("X-Portreeve-Kind")
		if want := map[string]string{"t0": "summary", "t1": "summary", "t2": "down"}[check]; kind != want {
			t.Errorf("%s: %s %q, want %s", check, kind, mail.Header("Subject"), want)
		}
	}
}
