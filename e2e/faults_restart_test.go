package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// TestARestartWhileCutOff: killed and started again while its own network is
// dead, portreeve still knows that the silence is its own: one mail that it is cut
// off, one that it is back, none about a target.
func TestARestartWhileCutOff(t *testing.T) {
	for name, fault := range map[string]struct{ cut, mend func(*island) }{
		"carrier lost":               {func(w *island) { w.lan.ip("link set near down") }, func(w *island) { w.lan.ip("link set near up") }},
		"switch dead":                {func(w *island) { w.lan.ip("link set far down") }, func(w *island) { w.lan.ip("link set far up") }},
		"nothing beyond the gateway": {func(w *island) { w.hole("ip daddr 10.8.0.0/15") }, func(w *island) { w.fill() }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const checks = 40
			w := newIsland(t)
			w.names()
			var sink *smtpsink.Sink
			w.here.do(func() error { sink = smtpsink.Open(t, smtpsink.Options{}); return nil })
			head := fmt.Sprintf(`
defaults: {interval: 1s, timeout: 500ms, alerts: [ops]}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {ops: {email: {to: [ops@example.org]}}}`, sink.Addr)
			file := config(t, head, checks, func(i int) string { return fmt.Sprintf(`{name: h%04d, target: "tcp://%s:80"}`, i, w.target(i)) })
			journal := filepath.Join(t.TempDir(), "portreeve.db")
			s := w.serve(nil, resolverAddress, file, "--database", journal)
			healthy(s, checks, 20*time.Second)
			time.Sleep(4 * time.Second) // who answers is kept every few seconds
			fault.cut(w)
			sink.Wait(t, 1, 20*time.Second)
			s.kill()
			w.serve(nil, resolverAddress, file, "--database", journal)
			time.Sleep(6 * time.Second)
			fault.mend(w)
			sink.Wait(t, 2, 20*time.Second)
			time.Sleep(3 * time.Second)
			ids := map[string]bool{}
			for _, mail := range sink.Mails() {
				ids[mail.Header("Message-ID")] = true // killed, it may have told twice
				if !strings.HasPrefix(mail.Header("X-Portreeve-Check"), "portreeve.local_") {
					t.Errorf("mailed %q", mail.Header("Subject"))
				}
			}
			if len(ids) != 2 {
				t.Errorf("%d notices, want that it is cut off and that it is back", len(ids))
			}
		})
	}
}
