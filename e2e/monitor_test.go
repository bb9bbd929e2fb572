package e2e

import (
	"database/sql"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/portreeve/portreeve/e2e/debian"
	fake "github.com/portreeve/portreeve/e2e/fakeapi/api"
	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// An apiMonitor is the whole job: an API, a monitor of it, and a mail server.
type apiMonitor struct {
	t       testing.TB
	api     *fake.API
	mail    *smtpsink.Sink
	args    []string
	journal string
	program *program
}

// monitorEvery is how often the API is asked, and more than it may take to answer
// where all tests share two cores.
const monitorEvery = 250 * time.Millisecond

// outageWhileDead is how long an outage goes on while no monitor runs: one that
// took its restart for the beginning would tell a length that is shorter by that.
const outageWhileDead = 3 * time.Second

// newMonitor returns a monitor that does not run yet.
func newMonitor(t testing.TB, args ...string) *apiMonitor {
	t.Helper()
	m := &apiMonitor{t: t, api: fake.New(), mail: smtpsink.Open(t, smtpsink.Options{}), journal: filepath.Join(t.TempDir(), "portreeve.db")}
	server := httptest.NewServer(m.api)
	t.Cleanup(server.Close)
	m.args = append([]string{
		"monitor", server.URL + "/status", "--interval", monitorEvery.String(), "--to", "support@example.org",
		"--smtp", "smtp://" + m.mail.Addr, "--mail-from", "portreeve@example.org", "--database", m.journal,
	}, args...)
	return m
}

// run starts the monitor.
func (m *apiMonitor) run() *apiMonitor {
	m.t.Helper()
	m.program = start(m.t, nil, filepath.Join(bin, "portreeve"), m.args...)
	return m
}

// after waits until the API was asked so often from now on.
func (m *apiMonitor) after(asked int) {
	m.t.Helper()
	before, _ := m.api.Asked()
	eventually(m.t, time.Minute, func() string {
		now, _ := m.api.Asked()
		if now >= before+asked {
			return ""
		}
		return fmt.Sprintf("asked %d times, want %d: %s", now-before, asked, m.program.stderr)
	})
}

// fail has the API fail for a number of requests, or until told otherwise.
func (m *apiMonitor) fail(times int) {
	m.api.Set(fake.Answer{Status: 503, Body: `{"status":"OK"}`, Times: times})
}

// mails are those about the API that have come. Where all tests share two cores,
// there may be others: that portreeve is held up.
func (m *apiMonitor) mails() []smtpsink.Mail {
	return slices.DeleteFunc(m.mail.Mails(), func(mail smtpsink.Mail) bool {
		return strings.HasPrefix(mail.Header("X-Portreeve-Check"), "portreeve.")
	})
}

// wait returns the mails about the API when there are so many.
func (m *apiMonitor) wait(n int, within time.Duration) (all []smtpsink.Mail) {
	m.t.Helper()
	eventually(m.t, within, func() string {
		if all = m.mails(); len(all) >= n {
			return ""
		}
		return fmt.Sprintf("mailed %q, want %d mails: %s", m.subjects(), n, m.program.stderr)
	})
	return all
}

// subjects are those of the mails about the API that have come.
func (m *apiMonitor) subjects() []string {
	var all []string
	for _, mail := range m.mails() {
		all = append(all, mail.Header("Subject"))
	}
	return all
}

// rows are those of the view `state`.
func rows(t testing.TB, db *sql.DB) []bool {
	t.Helper()
	found, err := db.Query(`SELECT healthy FROM state ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var all []bool
	for found.Next() {
		var healthy bool
		if err := found.Scan(&healthy); err != nil {
			t.Fatal(err)
		}
		all = append(all, healthy)
	}
	return all
}

// mirrors are the databases that the job is done with: none, and each kind.
func mirrors(t *testing.T) map[string]func(testing.TB) (dsn string, open func() *sql.DB) {
	return map[string]func(testing.TB) (string, func() *sql.DB){
		"journal alone": func(testing.TB) (string, func() *sql.DB) { return "", nil },
		"postgres": func(t testing.TB) (string, func() *sql.DB) {
			dsn := debian.Postgres(t)
			return dsn, func() *sql.DB { return openDB(t, "pgx", dsn) }
		},
		"mariadb": func(t testing.TB) (string, func() *sql.DB) {
			dsn := debian.MariaDB(t)
			u, err := url.Parse(dsn)
			if err != nil {
				t.Fatal(err)
			}
			password, _ := u.User.Password()
			c := mysql.NewConfig()
			c.User, c.Passwd, c.Net, c.Addr, c.DBName = u.User.Username(), password, "tcp", u.Host, strings.Trim(u.Path, "/")
			return dsn, func() *sql.DB { return openDB(t, "mysql", c.FormatDSN()) }
		},
	}
}

func openDB(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestAPIMonitor walks through the four scenarios of an API monitor, with the
// journal alone and with each mirror: single failures never mail, flips that are
// not consecutive do not, an outage mails once, and so does its recovery, with
// how long it was.
func TestAPIMonitor(t *testing.T) {
	for name, mirror := range mirrors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			dsn, open := mirror(t)
			var args []string
			if dsn != "" {
				args = []string{"--mirror", dsn}
			}
			m := newMonitor(t, args...).run()
			m.after(3)
			m.fail(1) // a single failure
			m.after(5)
			m.fail(1) // and another one, later
			m.after(25)
			if got := m.subjects(); len(got) > 0 {
				t.Fatalf("single failures were mailed: %q", got)
			}

			m.fail(0) // an outage
			mails := m.wait(1, 30*time.Second)
			m.after(10)
			if got := m.subjects(); len(got) != 1 || !strings.Contains(got[0], "is DOWN: expectation_failed") {
				t.Fatalf("an outage was mailed as %q", got)
			}
			m.api.Set(fake.Well())
			recovered := m.wait(2, 30*time.Second)[1]
			m.after(10)
			if got := m.subjects(); len(got) != 2 || !regexp.MustCompile(`has recovered after \S+s$`).MatchString(got[1]) {
				t.Fatalf("a recovery was mailed as %q", got)
			}
			if to := recovered.To; len(to) != 1 || to[0] != "support@example.org" || recovered.From != "portreeve@example.org" {
				t.Errorf("mailed from %s to %s", recovered.From, to)
			}
			if thread := mails[0].Header("References"); thread == "" || recovered.Header("References") != thread {
				t.Errorf("outage and recovery are of the threads %q and %q", thread, recovered.Header("References"))
			}

			if dsn != "" {
				db := open()
				eventually(t, 30*time.Second, func() string {
					if got := rows(t, db); fmt.Sprint(got) != "[true false true]" {
						return fmt.Sprintf("state in the mirror: %v", got)
					}
					return ""
				})
			}
			m.program.stop()
			if got := rows(t, openDB(t, "sqlite", m.journal)); fmt.Sprint(got) != "[true false true]" {
				t.Errorf("state in the journal: %v", got)
			}
			for _, said := range []string{m.program.stderr.String()} {
				if u, err := url.Parse(dsn); err == nil && u.User != nil {
					if password, _ := u.User.Password(); strings.Contains(said, password) {
						t.Error("the mirror's password is logged")
					}
				}
				if !strings.Contains(said, "1 outage of") {
					t.Errorf("no summary at the end: %s", said)
				}
			}
		})
	}
}

// TestAPIDownFromTheStart mails once, and once more when it is well.
func TestAPIDownFromTheStart(t *testing.T) {
	m := newMonitor(t)
	m.fail(0)
	m.run()
	m.wait(1, 30*time.Second)
	m.after(20)
	if got := m.subjects(); len(got) != 1 || !strings.Contains(got[0], "is DOWN") {
		t.Fatalf("mailed %q", got)
	}
	m.api.Set(fake.Well())
	m.wait(2, 30*time.Second)
}

// TestWhatIsAFailure: another status, another word, and what is no JSON.
func TestWhatIsAFailure(t *testing.T) {
	for _, tt := range []struct {
		answer fake.Answer
		reason string
	}{
		{fake.Answer{Status: 201, Body: `{"status":"OK"}`}, "expectation_failed"},
		{fake.Answer{Status: 200, Body: `{"status":"DEGRADED"}`}, "expectation_failed"},
		{fake.Answer{Status: 200, Body: `<html>OK</html>`}, "not_json"},
		{fake.Answer{Status: 200, Fault: "reset"}, ""},
		{fake.Answer{Status: 200, Body: `{"status":"OK"}`, Fault: "hang"}, "timeout"},
	} {
		m := newMonitor(t)
		m.api.Set(tt.answer)
		m.run()
		mail := m.wait(1, 30*time.Second)[0]
		if subject := mail.Header("Subject"); !strings.Contains(subject, "is DOWN: "+tt.reason) {
			t.Errorf("%+v is mailed as %q, want %s", tt.answer, subject, tt.reason)
		}
		m.program.stop()
	}
}

// TestMonitorGoesOnWhereItWas: killed in the middle of an outage it tells of the
// recovery alone when it runs again, with the whole length.
func TestMonitorGoesOnWhereItWas(t *testing.T) {
	m := newMonitor(t).run()
	m.after(3)
	m.fail(0)
	m.wait(1, 30*time.Second)
	mailed := time.Now() // the outage is older
	m.program.kill()
	time.Sleep(outageWhileDead)
	m.run()
	m.after(10)
	mails := m.mails() // one, or the same again: nobody knew whether it had come
	for _, mail := range mails {
		if mail.Header("Message-ID") != mails[0].Header("Message-ID") {
			t.Fatalf("mailed %q while the outage went on", m.subjects())
		}
	}
	well := time.Now() // it is not over yet
	m.api.Set(fake.Well())
	m.wait(len(mails)+1, 20*time.Second)
	m.after(5)
	found := regexp.MustCompile(`has recovered after (\S+)$`).FindStringSubmatch(m.subjects()[len(mails)])
	if found == nil {
		t.Fatalf("mailed %q", m.subjects())
	}
	length, err := time.ParseDuration(found[1])
	if least := well.Sub(mailed); err != nil || length < least-time.Second { // mails have whole seconds
		t.Errorf("the outage of at least %v was mailed as %s", least, found[1])
	}
}

// TestMonitorIsToldWhatIsWrong before anything is asked.
func TestMonitorIsToldWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "monitor what?"},
		{[]string{"api.example.org"}, `"api.example.org" is no URL`},
		{[]string{"http://127.0.0.1:1/", "--interval", "soon"}, `interval: "soon" is no duration`},
		{[]string{"http://127.0.0.1:1/", "--expect", "statsu == 200"}, "status"},
		{[]string{"http://127.0.0.1:1/", "--to", "nobody"}, `--to: the recipient "nobody" is no mail address`},
		{[]string{"http://127.0.0.1:1/", "--to", "a@example.org"}, "there is no mail server to send by"},
		{[]string{"http://127.0.0.1:1/", "--to", "a@example.org", "--smtp", "mail.example.org", "--mail-from", "a@example.org"}, "smtp"},
		{[]string{"http://127.0.0.1:1/", "--mirror", "redis://x"}, "mirror"},
	} {
		_, stderr, code := run(t, func(c *exec.Cmd) { c.Env = []string{"PATH=/usr/bin", "HOME=" + c.Dir} }, append([]string{"monitor"}, tt.args...)...)
		if code != 64 || !strings.Contains(stderr, tt.want) || !strings.Contains(stderr, "hint:") {
			t.Errorf("%q: exit %d, %s, want %q", tt.args, code, stderr, tt.want)
		}
	}
}

// TestANewJournalTakesUpItsMirror: with the journal lost in the middle of an
// outage, the mirror still knows of it: nobody is mailed of it again, its end is
// mailed with the whole length, and its rows are there once.
func TestANewJournalTakesUpItsMirror(t *testing.T) {
	for name, mirror := range mirrors(t) {
		dsn, open := mirror(t)
		if dsn == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMonitor(t, "--mirror", dsn).run()
			db := open()
			states := func(want string) {
				t.Helper()
				eventually(t, 20*time.Second, func() string {
					var n int
					if db.QueryRow(`SELECT count(*) FROM state`).Scan(&n) != nil || fmt.Sprint(rows(t, db)) != want {
						return "the mirror does not have the states " + want
					}
					return ""
				})
			}
			m.after(3)
			m.fail(0)
			m.wait(1, 30*time.Second)
			mailed := time.Now() // the outage is older
			states("[true false]")
			m.program.stop()
			time.Sleep(outageWhileDead)
			for _, suffix := range []string{"", "-wal", "-shm", ".ballast"} {
				os.Remove(m.journal + suffix)
			}
			m.run()
			m.after(10)
			if got := m.subjects(); len(got) != 1 {
				t.Fatalf("an outage that was mailed is mailed as %q", got)
			}
			well := time.Now() // it is not over yet
			m.api.Set(fake.Well())
			m.wait(2, 20*time.Second)
			found := regexp.MustCompile(`has recovered after (\S+)$`).FindStringSubmatch(m.subjects()[1])
			if found == nil {
				t.Fatalf("mailed %q", m.subjects())
			}
			if d, err := time.ParseDuration(found[1]); err != nil || d < well.Sub(mailed)-time.Second { // mails have whole seconds
				t.Errorf("an outage of at least %v is mailed as %s", well.Sub(mailed), found[1])
			}
			states("[true false true]")
		})
	}
}
