package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// again kills the server and starts another one on the same journal; what
// happens between the two is done by meanwhile.
func (l *lookout) again(meanwhile func()) {
	l.t.Helper()
	l.s.kill()
	meanwhile()
	l.start(nil)
}

// status waits until the server says a status of a target.
func (l *lookout) status(i int, want string) {
	l.t.Helper()
	eventually(l.t, 20*time.Second, func() string {
		if got := l.check(i).Status; got != want {
			return fmt.Sprintf("%s is %s, want %s", target(i), got, want)
		}
		return ""
	})
}

// A checkSeen is what the API says of a check.
type checkSeen struct {
	Status   string
	Overlays []string
	Down     time.Time `json:"down_since"`
}

func (l *lookout) check(i int) checkSeen {
	l.t.Helper()
	var all []checkSeen
	eventually(l.t, 10*time.Second, func() string { // a moment after the start it is not known yet
		if _, err := l.s.try("/api/v1/checks/" + target(i)); err != nil {
			return err.Error()
		}
		all = api[checkSeen](l.s, "checks/"+target(i))
		return ""
	})
	return all[0]
}

// An openIncident is an outage that goes on.
type openIncident struct {
	Key, Check      string
	Began           time.Time
	Acknowledgement *struct{ By, Note string }
}

// TestWhatWasDueIsMailed: a mail server that was away while the monitor was
// killed gets the mails that were due, each once, and the outage under way keeps
// its beginning.
func TestWhatWasDueIsMailed(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir())
	l.sink.Down()
	l.start(nil).well()
	for i := range 3 {
		l.m.down[i].Store(true)
	}
	for i := range 3 {
		l.status(i, "UNHEALTHY")
	}
	l.m.down[1].Store(false) // it is over before it could be told
	l.status(1, "HEALTHY")
	eventually(t, 10*time.Second, func() string { return moved(l.s, target(1), "UNHEALTHY", "HEALTHY") })
	before := api[openIncident](l.s, "incidents?state=open")
	l.again(func() {
		l.m.down[2].Store(false) // it ends while nobody looks
		l.sink.Up(t)
	})
	l.status(0, "UNHEALTHY")
	l.status(2, "HEALTHY")
	after := api[openIncident](l.s, "incidents?state=open")
	if len(before) != 2 || len(after) != 1 || after[0].Key != keyOf(before, target(0)) || !after[0].Began.Equal(beganOf(before, target(0))) {
		t.Errorf("open incidents were %v, after the restart they are %v", before, after)
	}
	l.sink.Wait(t, 3, time.Minute)
	time.Sleep(3 * time.Second) // for one too many
	got := map[string]string{}
	for _, mail := range l.letters() {
		got[mail.Header("X-Portreeve-Check")] += mail.Header("X-Portreeve-Kind") + " " + mail.Header("X-Portreeve-Status") + ";"
	}
	due := [][]string{{"down UNHEALTHY;"}, {"summary HEALTHY;"}, {"summary HEALTHY;", "down UNHEALTHY;up HEALTHY;"}} // of the last, as it hits
	for i, want := range due {
		if !slices.Contains(want, got[target(i)]) {
			t.Errorf("of %s it was mailed %q, want %q", target(i), got[target(i)], want)
		}
	}
	if len(got) != len(due) {
		t.Errorf("mailed %v", got)
	}
	l.m.down[0].Store(false)
	l.told("HEALTHY", 0)
	l.audit(func() string { return l.journal })
}

func keyOf(all []openIncident, check string) string {
	i := slices.IndexFunc(all, func(o openIncident) bool { return o.Check == check })
	if i < 0 {
		return ""
	}
	return all[i].Key
}

func beganOf(all []openIncident, check string) time.Time {
	i := slices.IndexFunc(all, func(o openIncident) bool { return o.Check == check })
	if i < 0 {
		return time.Time{}
	}
	return all[i].Began
}

// TestWhatWasAskedForHolds: a pause, an acknowledgement and a time of maintenance
// outlive the process.
func TestWhatWasAskedForHolds(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir()).start(nil).well()
	admin := strings.TrimSpace(string(bytesOf(t, filepath.Join(filepath.Dir(l.journal), "portreeve.tokens.admin"))))
	ask := func(path string, body any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		answer := string(post(t, l.s, admin, "/api/v1/"+path, string(text)))
		if !strings.HasPrefix(answer, "200") && !strings.HasPrefix(answer, "201") {
			t.Fatalf("%s: %s", path, answer)
		}
	}
	l.m.down[0].Store(true)
	l.told("UNHEALTHY", 0)
	ask("checks/"+target(1)+"/pause", map[string]string{"why": "moves"})
	ask("incidents/acknowledge", map[string]string{"incident": keyOf(api[openIncident](l.s, "incidents?state=open"), target(0)), "note": "on it"})
	ask("maintenance", map[string]any{"checks": []string{target(2)}, "for": "1h", "why": "new disks"})
	holds := func() string {
		if got := l.check(1).Overlays; !slices.Equal(got, []string{"PAUSED"}) {
			return fmt.Sprintf("%s has %s, want PAUSED", target(1), got)
		}
		if got := l.check(2).Overlays; !slices.Equal(got, []string{"MAINTENANCE"}) {
			return fmt.Sprintf("%s has %s, want MAINTENANCE", target(2), got)
		}
		all := api[openIncident](l.s, "incidents?state=open")
		if len(all) != 1 || all[0].Acknowledgement == nil || all[0].Acknowledgement.Note != "on it" {
			return fmt.Sprintf("open incidents are %+v", all)
		}
		return ""
	}
	eventually(t, 10*time.Second, holds)
	for range 2 {
		mails := len(l.letters())
		l.again(func() {
			l.m.down[1].Store(true) // which nobody asks
			l.m.down[2].Store(true) // which nobody wants to hear of
		})
		eventually(t, 20*time.Second, holds)
		l.status(2, "UNHEALTHY")
		l.m.down[2].Store(false)
		l.status(2, "HEALTHY")
		for _, mail := range l.letters()[mails:] {
			if check := mail.Header("X-Portreeve-Check"); check != target(0) { // which may come again
				t.Errorf("mailed %q", mail.Header("Subject"))
			}
		}
	}
	l.m.down[0].Store(false)
	l.m.down[1].Store(false)
	ask("checks/"+target(1)+"/resume", map[string]string{})
	l.well()
	l.told("HEALTHY", 0)
}

// TestPortsWhileNobodyLooked: what was opened and closed while no server ran is
// told by the next one, as not seen, and only once.
func TestPortsWhileNobodyLooked(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "portreeve.db")
	var ports []int
	var openers []*program
	for range 2 { // one that closes, and one that stays
		ports = append(ports, freePort(t))
		openers = append(openers, openPorts(t, "-p", fmt.Sprint(ports[len(ports)-1])))
	}
	s := serve(t, "--database", journal)
	if got := portEvents(s, ports...); len(got) > 0 {
		t.Fatalf("at the first start there were the events %q", got)
	}
	eventually(t, 20*time.Second, func() string { return remembered(t, journal) })
	s.kill()
	ports = append(ports, freePort(t)) // and one that opens
	openPorts(t, "-p", fmt.Sprint(ports[2]))
	openers[0].kill()
	want := []string{fmt.Sprintf("closed %d unwatched=true", ports[0]), fmt.Sprintf("opened %d unwatched=true", ports[2])}
	slices.Sort(want)
	for round := range 3 {
		s = serve(t, "--database", journal)
		if round == 0 {
			eventually(t, 10*time.Second, func() string { return missing(strings.Join(portEvents(s, ports...), "\n"), want...) })
		}
		time.Sleep(2500 * time.Millisecond) // for one too many
		got := portEvents(s, ports...)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("start %d: events %q, want %q", round+2, got, want)
		}
		s.kill()
	}
}

// remembered says that a journal does not keep yet what listens.
func remembered(t testing.TB, journal string) string {
	t.Helper()
	db := openDB(t, "sqlite", "file:"+journal+"?mode=ro")
	defer db.Close()
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM portreeve_kept WHERE key LIKE 'memory/%'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		return "what listens is not in the journal"
	}
	return ""
}

// portEvents words what happened to ports.
func portEvents(s *server, ports ...int) (all []string) {
	s.t.Helper()
	for _, e := range api[struct {
		Port *struct {
			Kind      string
			Port      int
			Unwatched bool
		}
	}](s, "events?since=start&limit=1000") {
		if p := e.Port; p != nil && slices.Contains(ports, p.Port) {
			all = append(all, fmt.Sprintf("%s %d unwatched=%v", p.Kind, p.Port, p.Unwatched))
		}
	}
	return all
}
