package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A ledger is a server that fails a number of requests on each of its paths, and
// writes down when the first of them came and when the first good one after.
type ledger struct {
	URL string

	mu   sync.Mutex
	left map[string]int
	from map[string]time.Time
	to   map[string]time.Time
}

func newLedger(t testing.TB) *ledger {
	t.Helper()
	l := &ledger{left: map[string]int{}, from: map[string]time.Time{}, to: map[string]time.Time{}}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.URL = server.URL
	return l
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch path := r.URL.Path; {
	case l.left[path] > 0:
		l.left[path]--
		if l.from[path].IsZero() {
			l.from[path] = time.Now()
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	case !l.from[path].IsZero() && l.to[path].IsZero():
		l.to[path] = time.Now()
	}
}

// fail has every path fail so often.
func (l *ledger) fail(times int, paths ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range paths {
		l.left["/"+p], l.from["/"+p], l.to["/"+p] = times, time.Time{}, time.Time{}
	}
}

// outage returns the time between the first failure of a path and the first
// answer that was good again.
func (l *ledger) outage(path string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to["/"+path].Sub(l.from["/"+path])
}

// TestOneOutageOneLength: how long an outage was reads the same in the mail, the
// journal, the API and on the page, and does not depend on how many failures it
// took to believe in it, nor on how many passes it took to believe that it is over.
func TestOneOutageOneLength(t *testing.T) {
	const failures, interval, slack = 15, 200 * time.Millisecond, 100 * time.Millisecond
	t.Parallel()
	l, sink := newLedger(t), smtpsink.Open(t, smtpsink.Options{})
	names, thresholds := []string{"eager", "usual", "wary", "late"}, [][2]int{{1, 1}, {2, 2}, {2, 10}, {10, 3}}
	head := fmt.Sprintf(`
defaults: {interval: %s, timeout: 180ms, alerts: [ops]}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {ops: {email: {to: [ops@example.org]}}}`, interval, sink.Addr)
	file := config(t, head, len(names), func(i int) string {
		return fmt.Sprintf("{name: %s, target: \"%s/%s\", unhealthy_threshold: %d, healthy_threshold: %d}", names[i], l.URL, names[i], thresholds[i][0], thresholds[i][1])
	})
	journal := filepath.Join(t.TempDir(), "portreeve.db")
	s := serve(t, "--config", file, "--database", journal)
	eventually(t, 20*time.Second, func() string {
		if up := sum(t, s.get("/metrics"), "portreeve_check_up{"); up != float64(len(names)) {
			return fmt.Sprintf("%v checks are up", up)
		}
		return ""
	})
	l.fail(failures, names...)
	mails := sink.Wait(t, 2*len(names), time.Minute)
	for _, name := range names {
		want := l.outage(name)
		if want < failures*interval/2 {
			t.Fatalf("%s was asked too often: an outage of %v", name, want)
		}
		in := incidentOf(t, s, name)
		if off := (in.length - want).Abs(); off > slack {
			t.Errorf("%s was down for %v, by the API for %v", name, want, in.length)
		}
		if off := (in.ended.Sub(in.began) - in.length).Abs(); off > time.Millisecond {
			t.Errorf("%s: from %v to %v are not %v", name, in.began, in.ended, in.length)
		}
		seconds := in.length.Round(time.Second)
		if subject := recovery(mails, name); !strings.HasSuffix(subject, " after "+seconds.String()) {
			t.Errorf("%s was down for %v, by mail %q", name, in.length, subject)
		}
		if shown := lengthOnPage(t, s, name); shown != fmt.Sprintf("%d\u00a0s", seconds/time.Second) {
			t.Errorf("%s was down for %v, by its page %q", name, in.length, shown)
		}
		t.Logf("%s: %v, told as %v", name, want, in.length)
	}
	s.stop()
	db := openDB(t, "sqlite", journal)
	for _, name := range names {
		judgeRows(t, db, name, l.outage(name), slack)
	}
}

// An outageSeen is an incident of the API.
type outageSeen struct {
	began, ended time.Time
	length       time.Duration
}

// incidentOf returns the only incident of a check.
func incidentOf(t testing.TB, s *server, check string) outageSeen {
	t.Helper()
	all := api[struct {
		Began, Ended time.Time
		Outage       string
	}](s, "incidents?check="+check)
	if len(all) != 1 {
		t.Fatalf("%s has the incidents %v", check, all)
	}
	length, err := time.ParseDuration(all[0].Outage)
	if err != nil {
		t.Fatal(err)
	}
	return outageSeen{all[0].Began, all[0].Ended, length}
}

// recovery returns the subject of the only mail that says that a check is up.
func recovery(mails []smtpsink.Mail, check string) (subject string) {
	for _, mail := range mails {
		if mail.Header("X-Portreeve-Check") == check && mail.Header("X-Portreeve-Kind") == "up" {
			subject += mail.Header("Subject")
		}
	}
	return subject
}

var (
	incidentRow  = regexp.MustCompile(`(?s)<section id="past-incidents".*?<tbody>(.*?)</tbody>`)
	shownSeconds = regexp.MustCompile(`>(\d+\x{a0}s)<`)
)

// lengthOnPage returns how long a check's only outage was by its page.
func lengthOnPage(t testing.TB, s *server, check string) string {
	t.Helper()
	row := incidentRow.FindStringSubmatch(s.get("/checks/" + check))
	if row == nil {
		t.Fatalf("the page of %s has no incidents", check)
	}
	m := shownSeconds.FindStringSubmatch(row[1])
	if m == nil {
		t.Fatalf("the page of %s has an incident without length: %s", check, row[1])
	}
	return m[1]
}

// judgeRows demands that the journal's rows say how long a check's only outage
// was, and that the view of states has it once.
func judgeRows(t *testing.T, db *sql.DB, check string, want, slack time.Duration) {
	t.Helper()
	var outage, count int64
	if err := db.QueryRow(`SELECT count(*), max(outage) FROM entry WHERE check_name = ? AND outage > 0`, check).Scan(&count, &outage); err != nil {
		t.Fatal(err)
	}
	if off := (time.Duration(outage) - want).Abs(); count != 1 || off > slack {
		t.Errorf("%s was down for %v, by %d rows for %v", check, want, count, time.Duration(outage))
	}
	var states string
	if err := db.QueryRow(`SELECT group_concat(healthy, '') FROM (SELECT healthy FROM state WHERE check_name = ? ORDER BY id)`, check).Scan(&states); err != nil || states != "101" {
		t.Errorf("states of %s: %s %v", check, states, err)
	}
}
