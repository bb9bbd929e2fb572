package e2e

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A moody server fails on some of its paths, now these and now those.
type moody struct {
	URL  string
	down []atomic.Bool
}

func newMoody(t testing.TB, paths int) *moody {
	t.Helper()
	m := &moody{down: make([]atomic.Bool, paths)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || i >= len(m.down) || m.down[i].Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	m.URL = server.URL
	return m
}

// turn changes the mood of one path in four.
func (m *moody) turn() {
	for i := range m.down {
		if rand.IntN(4) == 0 {
			m.down[i].Store(!m.down[i].Load())
		}
	}
}

// stored is an entry as the journal has it.
type stored struct {
	seq                        int64
	stream, kind, from, to, at string
	number                     int64
	healthy                    sql.NullBool
}

// entries reads the whole journal while nobody writes it.
func entries(t testing.TB, file string) []stored {
	t.Helper()
	db := openDB(t, "sqlite", file)
	defer db.Close()
	rows, err := db.Query(`SELECT seq, stream, number, kind, coalesce(from_status, ''), coalesce(to_status, ''), at, healthy FROM entry WHERE stream LIKE 'check/t%' ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []stored
	for rows.Next() {
		var e stored
		if err := rows.Scan(&e.seq, &e.stream, &e.number, &e.kind, &e.from, &e.to, &e.at, &e.healthy); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// mailKey is the check, the number and the kind in the key of a mail.
var mailKey = regexp.MustCompile(`check/(t\d+)/(\d+)`)

// TestKills kills the server at random moments while its targets go down and come
// back: no change that was told or seen in the journal is ever lost, none is there
// twice, each check's history goes on where it was, and a mail that comes again
// comes with the same Message-ID.
func TestKills(t *testing.T) { killing(t, kills) }

func killing(t *testing.T, cycles int) {
	const checks = 12
	m, sink := newMoody(t, checks), smtpsink.Open(t, smtpsink.Options{})
	head := fmt.Sprintf(`
defaults: {interval: 100ms, timeout: 80ms, alerts: [ops]}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {ops: {email: {to: [ops@example.org]}}}`, sink.Addr)
	file := config(t, head, checks, func(i int) string {
		return fmt.Sprintf("{name: t%02d, target: \"%s/%d\"}", i, m.URL, i)
	})
	journal := filepath.Join(t.TempDir(), "portreeve.db")
	args := []string{"serve", "--listen", "127.0.0.1:0", "--config", file, "--database", journal}
	var before []stored
	for cycle := range cycles {
		p := start(t, nil, filepath.Join(bin, "portreeve"), args...)
		time.Sleep(time.Duration(50+rand.IntN(250)) * time.Millisecond)
		m.turn()
		time.Sleep(time.Duration(50+rand.IntN(450)) * time.Millisecond)
		p.kill()
		if _, err := os.Stat(journal); err != nil {
			continue // it was killed before it had one
		}
		after := entries(t, journal)
		compareEntries(t, cycle, before, after)
		judgeMails(t, sink.Mails(), after)
		if before = after; t.Failed() {
			return
		}
	}

	for i := range m.down {
		m.down[i].Store(false)
	}
	s := serveAs(t, nil, args[1:]...)
	eventually(t, 20*time.Second, func() string {
		if up := sum(t, s.get("/metrics"), "portreeve_check_up{"); up != checks {
			return fmt.Sprintf("%v of %d checks are up", up, checks)
		}
		return ""
	})
	eventually(t, 20*time.Second, func() string {
		if n := sum(t, s.get("/metrics"), "portreeve_notification_queue_length{"); n > 0 {
			return fmt.Sprintf("%v notices are not told", n)
		}
		return ""
	})
	s.stop()
	after := entries(t, journal)
	compareEntries(t, cycles, before, after)
	judgeMails(t, sink.Mails(), after)
	judgeHistory(t, after)
	allToldUp(t, sink.Mails(), after)
	t.Logf("%d kills: %d entries, %d mails, %d of them repeated", cycles, len(after), len(sink.Mails()), repeated(sink.Mails()))
}

// compareEntries demands that what was in the journal is there, word for word.
func compareEntries(t *testing.T, cycle int, before, after []stored) {
	t.Helper()
	if len(after) < len(before) {
		t.Errorf("cycle %d: %d entries, there were %d", cycle, len(after), len(before))
		return
	}
	for i := range before {
		if before[i] != after[i] {
			t.Errorf("cycle %d: entry %+v became %+v", cycle, before[i], after[i])
			return
		}
	}
}

// judgeMails demands that each mail tells of an entry that is in the journal, and
// that those of one notice have one Message-ID.
func judgeMails(t *testing.T, mails []smtpsink.Mail, all []stored) {
	t.Helper()
	known := map[string]bool{}
	for _, e := range all {
		known[fmt.Sprintf("%s/%d", e.stream, e.number)] = true
	}
	ids := map[string]string{}
	for _, mail := range mails {
		if strings.HasPrefix(mail.Header("X-Portreeve-Check"), "portreeve.") {
			continue // entries are those of targets
		}
		key := mailKey.FindString(mail.Header("X-Portreeve-Key"))
		if !known[key] {
			t.Errorf("mail %q is of %q, which the journal does not have", mail.Header("Subject"), mail.Header("X-Portreeve-Key"))
		}
		notice, id := mail.Header("X-Portreeve-Kind")+" "+mail.Header("X-Portreeve-Key"), mail.Header("Message-ID")
		if ids[notice] != "" && ids[notice] != id {
			t.Errorf("notice %s was mailed as %s and as %s", notice, ids[notice], id)
		}
		ids[notice] = id
	}
}

// judgeHistory demands that each check's entries follow from each other.
func judgeHistory(t *testing.T, all []stored) {
	t.Helper()
	type last struct {
		number  int64
		status  string
		healthy sql.NullBool
	}
	streams := map[string]last{}
	for _, e := range all {
		l := streams[e.stream]
		if l.status == "" {
			l.status = "UNKNOWN"
		}
		if e.number != l.number+1 {
			t.Errorf("%s: entry %d follows %d", e.stream, e.number, l.number)
		}
		if e.from != l.status {
			t.Errorf("%s/%d: from %s, it was %s", e.stream, e.number, e.from, l.status)
		}
		if e.healthy.Valid && l.healthy == e.healthy {
			t.Errorf("%s/%d: a second row of state that says %v", e.stream, e.number, e.healthy.Bool)
		}
		l.number, l.status = e.number, e.to
		if e.healthy.Valid {
			l.healthy = e.healthy
		}
		streams[e.stream] = l
	}
	for stream, l := range streams {
		if l.status != "HEALTHY" || !l.healthy.Bool {
			t.Errorf("%s ends %s", stream, l.status)
		}
	}
}

// allToldUp demands that nobody was left in the belief that something is down: of each
// check the last mail says that it is up, and no outage of any length went untold.
func allToldUp(t *testing.T, mails []smtpsink.Mail, all []stored) {
	t.Helper()
	lastMail, outages := map[string]string{}, map[string]int{}
	for _, mail := range mails {
		lastMail[mail.Header("X-Portreeve-Check")] = mail.Header("X-Portreeve-Status")
	}
	for _, e := range all {
		if e.to == "UNHEALTHY" && e.kind == "change" {
			outages[strings.TrimPrefix(e.stream, "check/")]++
		}
	}
	for check, n := range outages {
		if lastMail[check] != "HEALTHY" {
			t.Errorf("%s had %d outages and is up, and the last mail says %q", check, n, lastMail[check])
		}
	}
}

// repeated counts the mails that came again.
func repeated(mails []smtpsink.Mail) (n int) {
	seen := map[string]bool{}
	for _, mail := range mails {
		id := mail.Header("Message-ID")
		if seen[id] {
			n++
		}
		seen[id] = true
	}
	return n
}
