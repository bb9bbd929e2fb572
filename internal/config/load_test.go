package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
)

// TestACheckIsReadWhole: every key of a check reaches its field.
func TestACheckIsReadWhole(t *testing.T) {
	c := load(t, Sources{File: write(t, `
checks:
  - {name: router, target: "tcp://router:22", family: both, mode: listen, paused: true, profile: k8s}
  - name: shop-api
    title: The shop's API
    target: https://shop.example.org/health
    interval: 10s
    timeout: 2s
    retry_interval: 1s
    unhealthy_threshold: 3
    healthy_threshold: 4
    expect: status == 200 and json.status == "OK"
    method: POST
    path: /ready?deep=1
    headers: {authorization: Bearer hunter2, x-number: 5}
    body: |
      {"ping": 1}
    redirects: 2
    server_name: shop
    ca_file: /etc/ca.pem
    insecure_skip_verify: true
    parents: [router]
  - {name: db, target: "db:5432", interval: 2s}
`)})
	ms := func(n int) health.Duration { return health.Duration(time.Duration(n) * time.Millisecond) }
	want := []*health.Spec{
		{Name: "router", Target: "tcp://router:22", Family: health.FamilyBoth, Mode: health.Listen, Paused: true, Profile: "k8s",
			Interval: ms(10000), Timeout: ms(1000), Thresholds: health.Thresholds{Unhealthy: 3, Healthy: 1}, Origin: health.FromConfig},
		{Name: "shop-api", Title: "The shop's API", Target: "https://shop.example.org/health", Interval: ms(10000), Timeout: ms(2000), RetryInterval: ms(1000),
			Thresholds: health.Thresholds{Unhealthy: 3, Healthy: 4}, Expect: `status == 200 and json.status == "OK"`, Method: "POST", Path: "/ready?deep=1",
			Headers: map[string]string{"authorization": "Bearer hunter2", "x-number": "5"}, Body: "{\"ping\": 1}\n", Redirects: 2,
			ServerName: "shop", CAFile: "/etc/ca.pem", SkipVerify: true, Parents: []string{"router"}, Origin: health.FromConfig},
		{Name: "db", Target: "db:5432", Interval: ms(2000), Timeout: ms(1800), Thresholds: health.Thresholds{Unhealthy: 2, Healthy: 2}, Origin: health.FromConfig},
	}
	if d := cmp.Diff(want, c.Checks); d != "" {
		t.Errorf("checks (-want +got):\n%s", d)
	}
}

// TestChecksOfAllSourcesCount, and of one name the highest source's.
func TestChecksOfAllSourcesCount(t *testing.T) {
	c := load(t, Sources{
		Flags:     map[string][]string{"checks": {"tcp://cache:6379", "http://web/"}},
		LookupEnv: variables{"PORTREEVE_CHECK": "http://web/, tls://mail:993"}.lookup,
		File: write(t, `
defaults: {interval: 7s}
checks:
  - {name: web, target: "tcp://web:8080"}
  - {name: db, target: "tcp://db:5432"}
`)})
	var got []string
	for i, s := range c.Checks {
		got = append(got, s.Name+" "+s.Target+" "+string(s.Origin)+" "+s.Interval.String()+" "+filepath.Base(c.history[i].at.String()))
	}
	want := []string{
		"web http://web/ flag 7s flag --check",
		"db tcp://db:5432 config 7s portreeve.yaml:5",
		"mail-993 tls://mail:993 flag 7s environment PORTREEVE_CHECK",
		"cache-6379 tcp://cache:6379 flag 7s flag --check",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("checks (-want +got):\n%s", d)
	}
}

// TestFilesThatAreRight though they may look odd.
func TestFilesThatAreRight(t *testing.T) {
	tests := map[string]string{
		"empty":                        "",
		"comments alone":               "# nothing\n\n",
		"dashes alone":                 "---\n",
		"an end":                       "verbose: true\n...\n",
		"an empty list of checks":      "checks:\n",
		"empty sections":               "ports:\ndefaults: {}\nhosts: []\n",
		"Windows line ends":            "verbose: true\r\nports:\r\n  watch: [80]\r\n",
		"a byte order mark":            "\ufeffverbose: true\n",
		"what is not supported, empty": "mirror: \"\"\nalerts:\nmaintenance: null\nchecks: [{name: a, target: \"a:1\", alerts: }]\n",
		"JSON":                         `{"verbose": true, "checks": [{"name": "a", "target": "tcp://a:1"}]}`,
		"assignments":                  "# seed\n\nport = 80\nbind_addr='127.0.0.1' # here\nDEBUG=1\n",
		"an empty list of assignments": "port=80\nhost=\n",
		"words for switches":           "verbose: yes\ninsecure: off\n",
		"merged":                       "checks:\n  - &a {name: a, target: \"a:1\", interval: 5s}\n  - {<<: *a, name: b}\n",
		"an alias":                     "hosts: &h [a]\nflappy: {allow: [10.0.0.1]}\nports: {watch: []}\n",
		"a string tag":                 "listen: !!str 127.0.0.1:1\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) { load(t, Sources{File: write(t, text)}) })
	}
}

func TestMergedKeysGiveWay(t *testing.T) {
	c := load(t, Sources{File: write(t, `
checks:
  - &slow {name: a, target: "tcp://a:1", interval: 1m, timeout: 20s}
  - &quick {<<: *slow, name: b, interval: 5s, timeout: 1s}
  - {name: c, <<: [*quick, *slow], target: "tcp://c:1"}
  - {name: d, target: "tcp://d:1", <<: *slow}
`)})
	var got []string
	for _, s := range c.Checks {
		got = append(got, s.Name+" "+s.Target+" "+s.Interval.String()+" "+s.Timeout.String())
	}
	if got, want := strings.Join(got, ", "), "a tcp://a:1 1m0s 20s, b tcp://a:1 5s 1s, c tcp://c:1 5s 1s, d tcp://d:1 1m0s 20s"; got != want {
		t.Errorf("checks = %s, want %s", got, want)
	}
}

// TestAliasesAreBounded: a small file can stand for an endless one, and is
// refused soon.
func TestAliasesAreBounded(t *testing.T) {
	var wide strings.Builder
	wide.WriteString("checks:\n  - name: a\n    target: http://a/\n    headers: &h\n")
	for i := range maxKeys {
		fmt.Fprintf(&wide, "      h%d: x\n", i)
	}
	for i := range 4000 {
		fmt.Fprintf(&wide, "  - {name: c%d, target: \"http://a/\", headers: *h}\n", i)
	}
	for name, text := range map[string]string{"merged again and again": bomb(), "one that is wide": wide.String()} {
		began := time.Now()
		_, err := Load(Sources{File: write(t, text)})
		if err == nil || !strings.Contains(err.Error(), "too many aliases") || time.Since(began) > 10*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(began))
		}
	}
}

// TestHowMuchIsRead: what is beyond any use is one mistake.
func TestHowMuchIsRead(t *testing.T) {
	item := "- name: a\n"
	for name, tt := range map[string]struct{ text, want string }{
		"checks":          {"checks:\n" + strings.Repeat(item, maxChecks+2), ":100002:3: too many checks: 100,000 are the most"},
		"checks by flags": {"checks=" + strings.Repeat("a:1,", maxChecks+2), ":1:8: too many checks: 100,000 are the most"},
		"dashes":          {"checks:\n" + strings.Repeat("-\n", maxParts), ": more values than 100,000 checks have"},
		"keys":            {"metrics: {" + strings.Repeat("k: v,", maxKeys+1) + "}", ":1:10: metrics has too many keys: 1000 are the most"},
		"a list":          {"hosts: [" + strings.Repeat("a,", maxParts) + "]\n", ": more values than 100,000 checks have"},
	} {
		if _, err := Load(Sources{File: write(t, tt.text)}); err == nil || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// TestWhichFile: the one that is named, else the first default one that is
// there, else none.
func TestWhichFile(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"flag.yaml", "environment.yaml", "portreeve.yaml", "etc.yaml"} {
		if err := os.WriteFile(name, []byte("database: sqlite:"+name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := []string{"portreeve.yaml", "etc.yaml"}
	environment := variables{"PORTREEVE_CONFIG": "environment.yaml"}.lookup
	tests := []struct {
		name string
		s    Sources
		want string
	}{
		{"named", Sources{File: "flag.yaml", LookupEnv: environment, paths: all}, "flag.yaml"},
		{"named as a flag", Sources{Flags: map[string][]string{"config": {"flag.yaml"}}, LookupEnv: environment, paths: all}, "flag.yaml"},
		{"named by the environment", Sources{LookupEnv: environment, paths: all}, "environment.yaml"},
		{"in the working directory", Sources{paths: all}, "portreeve.yaml"},
		{"the usual names", Sources{}, "portreeve.yaml"},
		{"else in /etc", Sources{paths: []string{"missing.yaml", "flag.yaml/below-a-file", "etc.yaml"}}, "etc.yaml"},
		{"an empty variable names none", Sources{LookupEnv: variables{"PORTREEVE_CONFIG": ""}.lookup, paths: all}, "portreeve.yaml"},
		{"none", Sources{paths: []string{"missing.yaml"}}, ""},
	}
	for _, tt := range tests {
		c, err := Load(tt.s)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if want := "sqlite:" + tt.want; c.File != tt.want || tt.want != "" && c.Database != want {
			t.Errorf("%s: read %q, want %q", tt.name, c.File, tt.want)
		}
	}
	if got := strings.Join(DefaultPaths(), " "); got != "portreeve.yaml /etc/portreeve/portreeve.yaml" {
		t.Errorf("DefaultPaths = %s", got)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	directory := t.TempDir()
	large := write(t, "# "+strings.Repeat("x", maxFile))
	loop := filepath.Join(directory, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	pipe, socket := filepath.Join(directory, "pipe"), filepath.Join(directory, "socket")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for path, want := range map[string]string{
		directory + "/missing.yaml": "there is no such file",
		directory:                   "this is a directory",
		large:                       "larger than 16 MiB",
		loop:                        "too many levels of symbolic links",
		pipe:                        "this is no regular file",
		socket:                      "this is no regular file",
		"/dev/zero":                 "this is no regular file",
	} {
		err := loadSoon(t, path)
		var wrong *Error
		if !errors.As(err, &wrong) || err.Error() != path+": "+want || wrong.Usage() {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// loadSoon returns the error of a file. One that keeps its reader waiting ends
// the test.
func loadSoon(t *testing.T, path string) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := Load(Sources{File: path})
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s keeps Load waiting", path)
		return nil
	}
}

// TestADefaultFileThatCannotBeReadIsNotAbsent: to go on without it would be to
// check nothing.
func TestADefaultFileThatCannotBeReadIsNotAbsent(t *testing.T) {
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Sources{paths: []string{loop}}); err == nil {
		t.Error("Load goes on without it")
	}
}

func TestWhatHasNoEffectIsSaid(t *testing.T) {
	for _, tt := range []struct {
		env  variables
		file string
		want string
	}{
		{variables{"GMAIL_TOKEN": "hunter2"}, "", "there is a Gmail token without GMAIL_USER: mail by Gmail is off"},
		{variables{"GMAIL_USER": "me@gmail.com"}, "", "GMAIL_USER is set without GMAIL_TOKEN: mail by Gmail is off"},
		{variables{"GMAIL_USER": "me@gmail.com", "GMAIL_TOKEN": "hunter2"}, "smtp: {url: 'smtp://x'}", "GMAIL_TOKEN has no effect: smtp.url names another relay"},
		{variables{"GMAIL_USER": "me@gmail.com", "GMAIL_TOKEN": "hunter2"}, "", ""},
		{nil, "alerts: {ops: {services: [x]}}\nchecks: [{name: a, target: 'a:1'}]", "nobody is told of checks without alerts: name routes in them, or in defaults.alerts"},
		{nil, "alerts: {ops: {services: [x]}}\nchecks: [{name: a, target: 'a:1', alerts: []}]", ""},
		{nil, "maintenance: [{checks: [b], weekly: 'Sun 01:00-02:00'}]\nchecks: [{name: a, target: 'a:1'}]", ":1:15: the maintenance window covers no check that there is"},
		{nil, "maintenance: [{from: '2020-01-01 01:00', until: '2020-01-01 02:00'}]", ":1:15: the maintenance window is over"},
	} {
		c := load(t, Sources{LookupEnv: tt.env.lookup, File: write(t, tt.file)})
		got := strings.Join(c.Warnings, "; ")
		if strings.Contains(got, "hunter") || !strings.HasSuffix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%v %s: Warnings = %q, want %q", tt.env, tt.file, got, tt.want)
		}
	}
	c := load(t, Sources{Flags: map[string][]string{"gmail_token": {"hunter2"}}, LookupEnv: variables{"GMAIL_USER": "me@gmail.com"}.lookup})
	if got := strings.Join(c.Warnings, "; "); !strings.Contains(got, "a token on the command line can be read by every user") {
		t.Errorf("Warnings = %q", got)
	}
	if c.SMTP.URL != "smtp://me%40gmail.com@smtp.gmail.com:587" || c.SMTP.Password.Reveal() != "hunter2" || c.SMTP.From != "me@gmail.com" {
		t.Errorf("SMTP = %+v", c.SMTP)
	}
}

func TestWhatNeedsARestart(t *testing.T) {
	was := load(t, Sources{File: write(t, "listen: 127.0.0.1:1\nhosts: [a]\n")})
	is := load(t, Sources{File: write(t, "listen: 127.0.0.1:2\nhosts: [a]\ndefaults: {interval: 5s}\nchecks: [{name: a, target: 'a:1'}]\nports: {watch: [80]}\n")})
	var names []string
	for _, o := range was.Restart(is) {
		names = append(names, o.Name)
	}
	if got := strings.Join(names, " "); got != "listen ports.watch" {
		t.Errorf("Restart = %s", got)
	}
	if same := is.Restart(is); same != nil {
		t.Errorf("Restart of the same = %v", same)
	}
}

func TestDatabaseIsAskedAbout(t *testing.T) {
	refuse := func(dsn string) error { return wrongWord(dsn, "is no DSN", "use sqlite:PATH") }
	_, err := Load(Sources{File: write(t, "\ndatabase: redis:x\n"), Database: refuse})
	var wrong *Error
	if !errors.As(err, &wrong) || !strings.HasSuffix(err.Error(), `portreeve.yaml:2:11: database: "redis:x" is no DSN`) || wrong.Hint() != "use sqlite:PATH" {
		t.Errorf("Load = %v", err)
	}
	named := func(string) error { return errors.New("database: wrong DSN") }
	if _, err := Load(Sources{File: write(t, "database: redis:x\n"), Database: named}); !strings.HasSuffix(err.Error(), ":1:11: database: wrong DSN") {
		t.Errorf("Load = %v, which says the noun twice", err)
	}
}

// TestCertificateIsAskedAbout when there are both files, and what is wrong is
// told where the file to blame is named.
func TestCertificateIsAskedAbout(t *testing.T) {
	const file = "listen: 127.0.0.1:1\nauth:\n  tls_cert: c.pem\n  tls_key: k.pem\n"
	for key, want := range map[bool]string{false: ":3:13: auth.tls_cert: c.pem and k.pem", true: ":4:12: auth.tls_key: c.pem and k.pem"} {
		refuse := func(certFile, keyFile string) (bool, error) {
			return key, &wordError{certFile + " and " + keyFile, "both in PEM"}
		}
		_, err := Load(Sources{File: write(t, file), Certificate: refuse})
		var wrong *Error
		if !errors.As(err, &wrong) || !strings.HasSuffix(err.Error(), want) || wrong.Hint() != "both in PEM" {
			t.Errorf("Load = %v, want %s", err, want)
		}
	}
	ask := func(string, string) (bool, error) { t.Error("asked about no certificate"); return false, nil }
	load(t, Sources{Certificate: ask})
}

func TestJournalOfATest(t *testing.T) {
	for text, want := range map[string]string{"database: sqlite:x\n": "sqlite:x", "database: sqlite:x\ntest: true\n": "memory:"} {
		if got := load(t, Sources{File: write(t, text)}).Journal(); got != want {
			t.Errorf("%q: Journal = %q, want %q", text, got, want)
		}
	}
}

func TestAFileThatSaysNothingIsTold(t *testing.T) {
	for text, blank := range map[string]bool{"": true, " \n\n": true, "# checks:\n": true, "checks: []\n": false, "verbose=true\n": false} {
		file := filepath.Join(t.TempDir(), "portreeve.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Sources{File: file})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if c.Blank != blank {
			t.Errorf("%q: blank is %v, want %v", text, c.Blank, blank)
		}
	}
}

// TestWhatACommandAdds: checks and routes that stand in no file are filled in
// and judged as others.
func TestWhatACommandAdds(t *testing.T) {
	t.Chdir(t.TempDir())
	overwrite(t, "portreeve.yaml", "nonsense")
	s := Sources{
		NoFile: true, LookupEnv: variables{"SMTP_URL": "smtp://mail.example.org", "MAIL_FROM": "a@example.org", "SMTP_PASSWORD": "hunter2"}.lookup,
		Checks: []health.Spec{{Name: "api", Target: "http://api/", Origin: health.FromFlag, Alerts: []string{"support"}}},
		Alerts: []*Alert{{Name: "support", Recovery: true, Email: Email{To: []string{"support@example.org"}}}},
	}
	c := load(t, s)
	a, ok := c.Route("support")
	if !ok || a.Email.SMTP != "smtp://mail.example.org" || a.Email.From != "a@example.org" || a.Email.Password.Reveal() != "hunter2" {
		t.Errorf("route = %+v", a)
	}
	if len(c.Checks) != 1 || c.Checks[0].Interval == 0 || len(c.Checks[0].Alerts) != 1 {
		t.Errorf("checks = %+v", c.Checks)
	}
	s.LookupEnv = nil
	if _, err := Load(s); err == nil || !strings.Contains(err.Error(), "there is no relay to mail by") {
		t.Errorf("without a relay: %v", err)
	}
}
