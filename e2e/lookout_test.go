package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A lookout is a server with a journal that is in for trouble: it watches a few
// targets that go down and come back, of which it mails, and a crowd beside
// them that shows whether checks are on time.
type lookout struct {
	t       *testing.T
	m       *moody
	sink    *smtpsink.Sink
	file    string // of the configuration
	journal string
	s       *server
	turn    int // the target whose outage is next
	mails   int // how many are about another journal
}

const (
	lookoutTargets = 8
	lookoutCrowd   = 200
	lookoutMails   = 60 * time.Second // how long to wait for a mail on a busy machine
)

// newLookout returns one that does not run yet, with its journal in dir.
func newLookout(t *testing.T, dir string) *lookout {
	t.Helper()
	l := &lookout{t: t, m: newMoody(t, lookoutTargets), sink: smtpsink.Open(t, smtpsink.Options{}), journal: filepath.Join(dir, "portreeve.db")}
	f := newFarm(t)
	head := fmt.Sprintf(`
defaults: {interval: 500ms, timeout: 400ms}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {ops: {email: {to: [ops@example.org]}}}`, l.sink.Addr)
	l.file = config(t, head, lookoutTargets+lookoutCrowd, func(i int) string {
		if i < lookoutTargets {
			return fmt.Sprintf("{name: %s, target: \"%s/%d\", alerts: [ops]}", target(i), l.m.URL, i)
		}
		return fmt.Sprintf("{name: c%03d, target: \"tcp://%s:%d\", interval: 1s}", i, f.addr(i), f.tcp)
	})
	return l
}

// target is the name of the i-th check of which there are mails.
func target(i int) string { return fmt.Sprintf("t%02d", i) }

// start starts the server.
func (l *lookout) start(prepare func(*exec.Cmd)) *lookout {
	l.t.Helper()
	l.s = serveAs(l.t, prepare, "--config", l.file, "--database", l.journal)
	return l
}

// well waits until all targets are up.
func (l *lookout) well() *lookout {
	l.t.Helper()
	eventually(l.t, lookoutMails, func() string {
		if up := l.metric(`portreeve_check_up{`); up != lookoutTargets+lookoutCrowd {
			return fmt.Sprintf("%v checks are up", up)
		}
		return ""
	})
	return l
}

func (l *lookout) metric(series string) float64 {
	l.t.Helper()
	return sum(l.t, l.s.get("/metrics"), series)
}

// told waits until the last mail of each target says a status, and returns how
// long that took.
func (l *lookout) told(status string, targets ...int) time.Duration {
	l.t.Helper()
	began := time.Now()
	eventually(l.t, lookoutMails, func() string {
		last := map[string]string{}
		for _, mail := range l.sink.Mails() {
			last[mail.Header("X-Portreeve-Check")] = mail.Header("X-Portreeve-Status")
		}
		for _, i := range targets {
			if last[target(i)] != status {
				return fmt.Sprintf("the last mail of %s says %q, not %s\n%s", target(i), last[target(i)], status, l.s.stderr)
			}
		}
		return ""
	})
	return time.Since(began).Round(10 * time.Millisecond)
}

// outage has two targets go down and come back, and waits for the mails of both.
// They take turns, for one that is down too often flaps and is not told of.
func (l *lookout) outage() {
	l.t.Helper()
	targets := []int{l.turn % lookoutTargets, (l.turn + 1) % lookoutTargets}
	l.turn += 2
	for _, i := range targets {
		l.m.down[i].Store(true)
	}
	down := l.told("UNHEALTHY", targets...)
	for _, i := range targets {
		l.m.down[i].Store(false)
	}
	l.t.Logf("mailed DOWN after %v, UP after %v", down, l.told("HEALTHY", targets...))
}

// letters are the mails about targets; others are about portreeve itself.
func (l *lookout) letters() (all []smtpsink.Mail) {
	for _, mail := range l.sink.Mails() {
		if !strings.HasPrefix(mail.Header("X-Portreeve-Check"), "portreeve.") {
			all = append(all, mail)
		}
	}
	return all
}

// confesses waits for a mail about the journal that says some words.
func (l *lookout) confesses(words string) {
	l.t.Helper()
	eventually(l.t, lookoutMails, func() string {
		for _, mail := range l.sink.Mails() {
			if mail.Header("X-Portreeve-Check") == "portreeve.journal" && strings.Contains(string(mail.Data), words) {
				return ""
			}
		}
		return fmt.Sprintf("no mail says of the journal %q", words)
	})
}

// A happening is an entry of the journal as the API has it.
type happening struct {
	Cursor string
	Stream string
	Number int64
}

func (h happening) String() string { return fmt.Sprintf("%s/%d", h.Stream, h.Number) }

// happenings reads the whole journal by the API.
func happenings(s *server) (all []happening) {
	s.t.Helper()
	for since := "start"; ; since = all[len(all)-1].Cursor {
		part := api[happening](s, "events?limit=1000&since="+url.QueryEscape(since))
		all = append(all, part...)
		if len(part) == 0 || len(part) < 1000 {
			return all
		}
	}
}

// filed reads the whole journal from its file, which nobody may have open.
func filed(t testing.TB, file string) (all []happening) {
	t.Helper()
	db := openDB(t, "sqlite", file)
	defer db.Close()
	var verdict string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("%s: %s %v", file, verdict, err)
	}
	found, err := db.Query(`SELECT stream, number FROM entry ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var h happening
		if err := found.Scan(&h.Stream, &h.Number); err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// component is what /healthz says of a part.
func component(t testing.TB, s *server, name string) (status, output string) {
	t.Helper()
	var body struct {
		Checks map[string][]struct{ Status, Output string }
	}
	if err := json.Unmarshal([]byte(s.health()), &body); err != nil {
		t.Fatal(err)
	}
	if c := body.Checks[name]; len(c) > 0 {
		return c[0].Status, c[0].Output
	}
	return "", ""
}

// waits demands that metrics and health say that the file cannot be written.
func (l *lookout) waits() {
	l.t.Helper()
	eventually(l.t, 30*time.Second, func() string {
		writable, unsaved := l.metric("portreeve_journal_writable"), l.metric("portreeve_journal_unsaved_entries")
		if writable != 0 || unsaved == 0 {
			return fmt.Sprintf("journal_writable %v, journal_unsaved_entries %v while the file cannot be written", writable, unsaved)
		}
		return ""
	})
	if status, output := component(l.t, l.s, "journal:queue"); status != "warn" || !strings.Contains(output, "cannot be written") {
		l.t.Errorf("/healthz says of the journal: %s %q", status, output)
	}
}

// endures has outages come and go while the journal's file is in trouble, for
// a time and at least one: each is mailed, and each end.
func (l *lookout) endures(hold time.Duration) {
	l.t.Helper()
	until := time.Now().Add(hold)
	for first := true; first || time.Now().Before(until); first = false {
		l.outage()
		l.waits()
	}
}

// heals waits until the file has everything.
func (l *lookout) heals() {
	l.t.Helper()
	eventually(l.t, 30*time.Second, func() string {
		writable, unsaved := l.metric("portreeve_journal_writable"), l.metric("portreeve_journal_unsaved_entries")
		if writable != 1 || unsaved != 0 {
			return fmt.Sprintf("journal_writable %v, journal_unsaved_entries %v after the cure\n%s", writable, unsaved, l.s.stderr)
		}
		return ""
	})
	if status, output := component(l.t, l.s, "journal:queue"); status != "pass" {
		l.t.Errorf("/healthz says of the journal after the cure: %s %q", status, output)
	}
}

// onTime demands that no slot was skipped, unless the machine itself was late.
func (l *lookout) onTime() {
	l.t.Helper()
	metrics := l.s.get("/metrics")
	skipped, late := sum(l.t, metrics, "portreeve_schedule_skipped_total"), above(l.t, metrics, "portreeve_schedule_lag_seconds", 0.1)
	l.t.Logf("lag: %s; %v slots skipped, %v questions late", quantile(l.t, metrics, "portreeve_schedule_lag_seconds", 0.99), skipped, late)
	if skipped > 0 && late == 0 {
		l.t.Errorf("%v slots were skipped", skipped)
	}
}

// audit stops the server and demands that its file has what the API told of, in
// that order, that no entry is missing or doubled, and that each mail is of an
// entry. take brings the file.
func (l *lookout) audit(take func() string) {
	l.t.Helper()
	l.onTime()
	l.well()
	told := happenings(l.s)
	l.s.stop()
	file := take()
	inOrder(l.t, told, filed(l.t, file))
	all := entries(l.t, file)
	judgeHistory(l.t, all)
	judgeMails(l.t, l.letters()[l.mails:], all)
	l.t.Logf("%d entries, %d mails", len(told), len(l.letters()))
}

// inOrder demands that the file begins with what was told.
func inOrder(t *testing.T, told, file []happening) {
	t.Helper()
	if len(told) == 0 || len(file) < len(told) {
		t.Errorf("the API told of %d entries, the file has %d", len(told), len(file))
		return
	}
	for i := range told {
		if told[i].String() != file[i].String() {
			t.Errorf("entry %d was told as %s, in the file it is %s", i, told[i], file[i])
			return
		}
	}
}

// seize takes SQLite's lock on a database, as another program that writes does.
func seize(t *testing.T, file string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := db.Exec("ROLLBACK"); err != nil {
			t.Fatal(err)
		}
	}
}

// aside returns what was moved out of the way of a journal.
func aside(t testing.TB, journal string) []string {
	t.Helper()
	all, err := filepath.Glob(journal + ".corrupt-*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range all {
		if !strings.HasSuffix(name, "-wal") && !strings.HasSuffix(name, "-shm") {
			found = append(found, name)
		}
	}
	return found
}

// bytesOf reads a file of which there may be none.
func bytesOf(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}
