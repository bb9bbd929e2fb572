package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/notify"
)

func TestChannelsAreNamed(t *testing.T) {
	all, err := channels(&config.Alert{
		Name:     "ops",
		Email:    config.Email{To: []string{"a@b.c"}, From: "p@b.c", SMTP: "smtp://relay"},
		Webhook:  config.Webhook{URL: "https://hooks.example.org/"},
		Services: []config.Secret{"ntfy://ntfy.sh/a", "ntfy://ntfy.sh/b", "gotify://h/tokentokentok"},
	}, slog.New(slog.DiscardHandler))
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	if got := strings.Join(names, " "); got != "email webhook ntfy ntfy-2 gotify" || err != nil {
		t.Errorf("channels %q, %v", got, err)
	}
}

// TestConfigCheckNamesTheKeyOfAChannel that is wrong, with its place in the
// file, and shows no secret.
func TestConfigCheckNamesTheKeyOfAChannel(t *testing.T) {
	const relay = `smtp: {url: "smtp://relay", from: p@b.c}` + "\n"
	tests := []struct{ name, yaml, place, want string }{
		{"service", "alerts:\n  ops:\n    services: [\"slak://hunter2hunter2\"]\n", ":3:", `there is no chat service "slak"`},
		{"token", "alerts:\n  ops:\n    services: [\"slack://hunter2hunter2\"]\n", ":3:", "the URL of slack is not right"},
		{"second", "alerts:\n  ops:\n    services: [\"ntfy://ntfy.sh/x\", \"telegram://hunter2hunter2\"]\n", ":3:", "the second of services"},
		{"webhook", "alerts:\n  ops:\n    webhook: {url: \"ftp://hunter2hunter2/\"}\n", ":3:", "webhook.url: the webhook's URL is none of http or https"},
		{"relay", "alerts:\n  ops:\n    email: {to: [a@b.c], from: p@b.c, smtp: \"http://relay\"}\n", ":3:", `email.smtp: the relay's URL begins with "http:"`},
		{"parameter", "alerts:\n  ops:\n    email: {to: [a@b.c], from: p@b.c, smtp: \"smtp://relay?tsl=none\"}\n", ":3:", `unknown parameter "tsl"`},
		{"password in it", "alerts:\n  ops:\n    email: {to: [a@b.c], from: p@b.c, smtp: \"smtp://u:hunter2hunter2@relay\"}\n", ":3:", "there is a password in it"},
		{"no password", "alerts:\n  ops:\n    email: {to: [a@b.c], from: p@b.c, smtp: \"smtp://u@relay\"}\n", ":2:", "email.password_file: the password of the relay's user is missing"},
		{"to", relay + "alerts:\n  ops:\n    email: {to: [nobody]}\n", ":4:", "nobody"},
	}
	for _, tt := range tests {
		file := filepath.Join(t.TempDir(), "portreeve.yaml")
		if err := os.WriteFile(file, []byte(tt.yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		err := Configuration(ConfigOptions{Action: "check", File: file}, &out, &errs)
		first, _, _ := strings.Cut(errs.String(), "\n")
		if err == nil || !strings.HasPrefix(first, file+tt.place) || !strings.Contains(first, tt.want) {
			t.Errorf("%s: %v: %s\nwant %q at %s", tt.name, err, &errs, tt.want, tt.place)
		}
		if strings.Contains(errs.String(), "hunter2") {
			t.Errorf("%s shows a secret: %s", tt.name, &errs)
		}
	}
}

// TestPrinterShowsMail as it would be read in a monitor, and as a line of the
// log elsewhere.
func TestPrinterShowsMail(t *testing.T) {
	n := notify.Notice{Key: "k", Kind: notify.Down, Check: "api", Route: "ops"}
	var read, logged bytes.Buffer
	if err := (printer{monitorLog(&read, false, false)}).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := (printer{NewLogger(&logged, false, false)}).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(read.String(), "\nSubject: [portreeve] api is DOWN") || strings.Count(read.String(), "\n") < 6 {
		t.Errorf("a monitor shows %q", &read)
	}
	if strings.Count(logged.String(), "\n") != 1 || !strings.Contains(logged.String(), `mail.subject="[portreeve] api is DOWN`) {
		t.Errorf("the log has %q", &logged)
	}
}

// TestMonitorLogLeavesOut what is no warning, unless details are asked for.
func TestMonitorLogLeavesOut(t *testing.T) {
	for verbose, want := range map[bool]int{false: 1, true: 3} {
		var b bytes.Buffer
		log := monitorLog(&b, verbose, false).With("k", "v").WithGroup("g")
		log.Debug("a", "x", 1)
		log.Info("b", "x", 1)
		log.Warn("c", "x", 1)
		if got := strings.Count(b.String(), "k=v g.x=1"); got != want {
			t.Errorf("verbose %v: %d lines, want %d:\n%s", verbose, got, want, &b)
		}
	}
}
