package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestNobodyHasAStrangerMailedAtWill signs up as many apps as an address may,
// names a stranger's mailbox, and has them fail: the stranger gets a bounded
// number of mails, though everything that happens could be told.
func TestNobodyHasAStrangerMailedAtWill(t *testing.T) {
	t.Parallel()
	const apps, most = 64, 60
	w := besiege(t, openDoors)
	for i := range apps {
		form := fmt.Sprintf("appname=app-%d&url=http://%s:%d&email=stranger@example.net&interval=5&timeout=2", i, attacker, 1000+i)
		if code, text := w.ask(attacker, "POST", "/healthchecker/monitor", form, "Content-Type", asForm); code != http.StatusCreated {
			t.Fatal(code, text)
		}
	}
	eventually(t, 60*time.Second, func() string {
		_, text := w.ask(fort, "GET", "/metrics", "")
		if down := sum(t, text, `portreeve_check_state{state="unhealthy"`); down < apps {
			return fmt.Sprintf("%v apps are down", down)
		}
		return ""
	})
	w.sink.Wait(t, most, 30*time.Second)
	time.Sleep(2 * time.Second) // for those that there should not be
	mails := w.sink.Mails()
	if len(mails) > most+2 {
		t.Errorf("%d apps had a stranger sent %d mails", apps, len(mails))
	}
	for _, m := range mails {
		if to := strings.Join(m.To, " "); to != "stranger@example.net" {
			t.Errorf("a mail went to %q", to)
		}
	}
	t.Logf("%d apps began to fail: %d mails", apps, len(mails))
}
