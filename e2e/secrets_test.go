package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// Canaries are secrets by what they are for. None may be in any output.
type canaries map[string]string

// hatch returns a new secret.
func (c canaries) hatch(place string) string {
	c[place] = "Kq" + hexRandom(12)
	return c[place]
}

func hexRandom(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // which never fails
	return hex.EncodeToString(b)
}

// needles are the forms in which a secret could get out: as it is, and in base64,
// wherever in the text it stands.
func needles(secret string) [][]byte {
	all := [][]byte{[]byte(secret), []byte(hex.EncodeToString([]byte(secret)))}
	for shift := range 3 {
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + secret))
		all = append(all, []byte(coded[4:len(coded)-4])) // what depends on its neighbours is cut off
	}
	return all
}

// sing fails the test for every secret that is in an output.
func (c canaries) sing(t testing.TB, output string, content []byte) {
	t.Helper()
	joined := bytes.ReplaceAll(content, []byte("=\r\n"), nil) // quoted-printable
	for place, secret := range c {
		for _, needle := range needles(secret) {
			if at := bytes.Index(joined, needle); at >= 0 {
				t.Errorf("the %s is in %s: …%q…", place, output, joined[max(0, at-120):min(len(joined), at+len(needle)+40)])
				break
			}
		}
	}
}

// A gossip is a server that repeats all it is told, and fails. What it was told
// in bodies is kept.
type gossip struct {
	URL string

	mu   sync.Mutex
	told []byte
}

func newGossip(t testing.TB) *gossip {
	t.Helper()
	g := &gossip{}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

func (g *gossip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if strings.HasPrefix(r.URL.Path, "/hooks") {
		g.mu.Lock()
		g.told = append(g.told, body...)
		g.mu.Unlock()
	}
	w.Header().Set("Www-Authenticate", "Custom realm="+r.Header.Get("Authorization"))
	if r.URL.Path == "/200" {
		w.Header().Set("Content-Type", "application/json")
	} else {
		w.WriteHeader(http.StatusInternalServerError)
	}
	fmt.Fprintf(w, `{"status": "bad", "url": %q, "authorization": %q, "key": %q, "sent": %q}`, r.URL, r.Header.Get("Authorization"), r.Header.Get("X-Api-Key"), body)
}

func (g *gossip) heard() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return bytes.Clone(g.told)
}

// TestNoSecretGetsOut gives a secret wherever one can be given, to targets and
// services that fail and repeat what they are told, and looks for them in all
// that comes out.
func TestNoSecretGetsOut(t *testing.T) {
	c, g := canaries{}, newGossip(t)
	good := smtpsink.Open(t, smtpsink.Options{User: "ops", Password: c.hatch("password of the relay that works")})
	file, db := secretConfig(t, c, g, good)
	journal := filepath.Join(t.TempDir(), "portreeve.db")
	env := []string{"GMAIL_USER=somebody@example.org", "GMAIL_TOKEN=" + c.hatch("Gmail token"), "SMTP_PASSWORD=" + c.hatch("password of the environment")}
	prepare := func(cmd *exec.Cmd) { cmd.Env = append([]string{"PATH=/usr/bin:/bin", "HOME=" + cmd.Dir}, env...) }
	s := serveAs(t, prepare, "--config", file, "--database", journal, "--debug")
	admin := strings.TrimSpace(string(bytesOf(t, filepath.Join(filepath.Dir(journal), "portreeve.tokens.admin"))))
	c["token of the administrator"] = admin
	eventually(t, 30*time.Second, func() string {
		if n := len(good.Mails()); n < 3 {
			return fmt.Sprintf("%d mails: %s", n, s.stderr)
		}
		return missing(s.stderr.String(), "deaf/email", "deaf/webhook", "deaf/gotify", "deaf/ntfy", "deaf/generic")
	})
	wrong := "prt_" + strings.Repeat("W", 20) + hexRandom(12)[:23]
	c["token that is wrong"] = wrong
	for _, token := range []string{admin, wrong} {
		for _, path := range []string{"checks/gone/pause", "checks/gone/resume", "checks/none/pause", "maintenance"} {
			c.sing(t, "the answer to "+path, post(t, s, token, "/api/v1/"+path, `{"why": "canaries"}`))
		}
	}
	eventually(t, 30*time.Second, func() string {
		if n := mirrored(t, db); n < 3 {
			return fmt.Sprintf("%d rows in the mirror", n)
		}
		return ""
	})

	crawl(t, c, s)
	for _, mail := range good.Mails() {
		c.sing(t, "a mail", mail.Data)
	}
	c.sing(t, "the body of a webhook or chat service", g.heard())
	dump(t, c, db)
	tellAll(t, c, prepare, file, journal)
	c.sing(t, "the journal", bytesOf(t, journal))
	c.sing(t, "the journal's log", bytesOf(t, journal+"-wal"))
	s.stop()
	c.sing(t, "the journal after the end", bytesOf(t, journal))
	c.sing(t, "the file of tokens", bytesOf(t, filepath.Join(filepath.Dir(journal), "portreeve.tokens")))
	c.sing(t, "the log", []byte(s.stderr.String()))
	close(s.lines)
	for line := range s.lines {
		c.sing(t, "stdout", []byte(line))
	}
	t.Logf("%d secrets, %d bytes of log, %d mails", len(c), len(s.stderr.String()), len(good.Mails()))
}

// secretConfig writes a configuration with a secret wherever one can be given. It
// returns the mirror, too.
func secretConfig(t testing.TB, c canaries, g *gossip, good *smtpsink.Sink) (file string, db *sql.DB) {
	t.Helper()
	deaf := smtpsink.Open(t, smtpsink.Options{User: "ops", Password: "another", Mechanisms: []string{"PLAIN"}})
	mirrorDSN, mirrorPassword, db := secretMirror(t, c)
	host := strings.TrimPrefix(g.URL, "http://")
	gotify := "A" + hexRandom(7)
	c["token of a chat service"] = gotify
	file = write(t, "portreeve.yaml", fmt.Sprintf(`
defaults: {interval: 200ms, timeout: 150ms, alerts: [deaf, good]}
mirror: %q
mirror_password_file: %s
smtp: {url: "smtp://ops@%s", password_file: %s, from: portreeve@example.org}
alerts:
  deaf:
    email: {to: [ops@example.org]}
    webhook: {url: "%s/hooks/%s?key=%s", secret_file: %s}
    services: ["gotify://%s/%s?disabletls=yes", "ntfy://bob:%s@%s/%s?scheme=http", "generic://%s/hooks/%s?disabletls=yes"]
  good: {email: {to: [ops@example.org], smtp: "smtp://ops@%s", password_file: %s}}
checks:
  - {name: refuses, target: "%s/500", headers: {authorization: "Bearer %s", x-api-key: %s}, body: "pin=%s", method: POST}
  - {name: lies, target: "%s/200", headers: {authorization: "Bearer %s", x-api-key: %s}, body: "pin=%s", method: POST, expect: 'json.status == "OK"'}
  - {name: gone, target: "http://127.0.0.1:1/", headers: {authorization: "Bearer %s"}, body: "pin=%s", method: POST}
`,
		mirrorDSN, write(t, "mirror", mirrorPassword),
		deaf.Addr, write(t, "smtp", c.hatch("password of the relay that refuses it")),
		g.URL, c.hatch("path of the webhook"), c.hatch("query of the webhook"), write(t, "secret", c.hatch("secret of the webhook")),
		host, gotify, c.hatch("password of a chat service"), host, c.hatch("topic of a chat service"), host, c.hatch("path of a chat service"),
		good.Addr, write(t, "good", c["password of the relay that works"]),
		g.URL, c.hatch("header"), c.hatch("other header"), c.hatch("body"),
		g.URL, c.hatch("header of a check that lies"), c.hatch("other header of a check that lies"), c.hatch("body of a check that lies"),
		c.hatch("header of a check that is gone"), c.hatch("body of a check that is gone")))
	return file, db
}

// tellAll looks at what the commands print that know the configuration.
func tellAll(t testing.TB, c canaries, prepare func(*exec.Cmd), file, journal string) {
	t.Helper()
	for _, args := range [][]string{
		{"config", "print", "--config", file}, {"config", "print", "--config", file, "--json"}, {"config", "check", "--config", file},
		{"alerts", "test", "deaf", "--config", file}, {"alerts", "test", "deaf", "--config", file, "--json"}, {"alerts", "test", "good", "--config", file},
		{"token", "list", "--config", file, "--database", journal}, {"serve", "--help"}, {"monitor", "--help"}, {"alerts", "--help"}, {"check", "--help"},
		{"doctor"}, {"textfile", "--help"}, {"serve", "--listen", "127.0.0.1:0", "--config", file, "--database", journal}, {"ports", "--json"},
	} {
		out, errs, _ := run(t, prepare, args...)
		c.sing(t, fmt.Sprintf("%q", args), []byte(out+errs))
	}
}

// secretMirror starts a database whose password is a secret.
func secretMirror(t testing.TB, c canaries) (dsn, password string, db *sql.DB) {
	t.Helper()
	whole := debian.Postgres(t)
	db = openDB(t, "pgx", whole)
	password = c.hatch("password of the mirror")
	if _, err := db.Exec("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '" + password + "'"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("keeper")
	return u.String(), password, db
}

// mirrored counts the changes in a mirror.
func mirrored(t testing.TB, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow(`SELECT count(*) FROM state`).Scan(&n); err != nil {
		return 0 // it is not there yet
	}
	return n
}

// dump looks through all tables of a mirror.
func dump(t testing.TB, c canaries, db *sql.DB) {
	t.Helper()
	column := func(query string) (all []string) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
		return all
	}
	tables := column(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`)
	if len(tables) < 3 {
		t.Errorf("the mirror has the tables %s", tables)
	}
	for _, table := range tables {
		c.sing(t, "the mirror's table "+table, []byte(strings.Join(column(fmt.Sprintf(`SELECT whole::text FROM %q AS whole`, table)), "\n")))
	}
}

// post sends JSON with a token and returns the whole answer.
func post(t testing.TB, s *server, token, path, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return whole(t, req)
}

// whole returns status, headers and body of an answer, of an endless one what
// comes in two seconds.
func whole(t testing.TB, req *http.Request) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(req.Context(), 20*time.Second)
	defer cancel()
	res, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		time.AfterFunc(2*time.Second, cancel)
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, res.Status)
	_ = res.Header.Write(&b)
	_, _ = io.Copy(&b, res.Body) // until it ends or is cut off
	return b.Bytes()
}

var pathParam = regexp.MustCompile(`\{(\w+)\}`)

// crawl looks at every page and every answer of the API.
func crawl(t testing.TB, c canaries, s *server) {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
			}
		}
	}
	if err := json.Unmarshal([]byte(s.get("/api/v1/openapi.json")), &spec); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/", "/docs", "/incidents", "/checks/refuses", "/checks/lies", "/checks/gone", "/metrics", "/healthz", "/api/v1/openapi.json",
		"/api/v1/openapi.yaml", "/probe?target=refuses", "/probe?target=lies&debug=true", "/api/v1/events?since=start&limit=1000", "/api/v1/nothing"}
	for path, methods := range spec.Paths {
		if _, reads := methods["get"]; !reads {
			continue
		}
		for _, check := range []string{"refuses", "lies", "gone"} {
			values := map[string]string{"name": check, "proto": "tcp", "port": "1", "hash": "0", "host": "127.0.0.1"}
			filled := pathParam.ReplaceAllStringFunc(path, func(p string) string { return values[strings.Trim(p, "{}")] })
			paths = append(paths, filled)
			if filled == path {
				break
			}
		}
	}
	for _, path := range paths {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.sing(t, path, whole(t, req))
	}
	t.Logf("looked at %d pages and answers", len(paths))
}
