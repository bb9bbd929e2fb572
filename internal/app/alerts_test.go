package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// route writes a configuration with one route of a mail and a webhook.
func route(t *testing.T, smtp, hook string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "portreeve.yaml")
	text := fmt.Sprintf("alerts:\n  ops:\n    email: {to: [ops@example.org], from: p@example.org, smtp: %q}\n    webhook: {url: %q}\n", smtp, hook)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// receiver is a webhook's that answers with a status.
func receiver(t *testing.T, status int, got *[]byte) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*got, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAlertsTestIsTaken(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	var posted []byte
	var out, errs bytes.Buffer
	err := Alerts(t.Context(), AlertsOptions{Action: "test", Route: "ops", File: route(t, "smtp://"+sink.Addr, receiver(t, 204, &posted))}, &out, &errs)
	if err != nil || strings.Count(out.String(), "sent ") != 2 {
		t.Fatalf("%v: %s%s", err, &out, &errs)
	}
	mails := sink.Wait(t, 1, 5*time.Second)
	if s := mails[0].Header("Subject"); !strings.Contains(s, "ops") || mails[0].To[0] != "ops@example.org" {
		t.Errorf("mail to %v with subject %q", mails[0].To, s)
	}
	if !bytes.Contains(posted, []byte(`"kind":"sample"`)) {
		t.Errorf("posted %s", posted)
	}
}

// TestAlertsTestTellsEachChannel: one that refuses does not keep the other from
// being tried.
func TestAlertsTestTellsEachChannel(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	sink.Refuse(func(phase, _ string) error {
		if phase == smtpsink.PhaseData {
			return smtpsink.Reply(554, "no thanks")
		}
		return nil
	})
	var posted []byte
	var out, errs bytes.Buffer
	err := Alerts(t.Context(), AlertsOptions{Action: "test", Route: "ops", File: route(t, "smtp://"+sink.Addr, receiver(t, 500, &posted))}, &out, &errs)
	if !errors.Is(err, Doubtful) {
		t.Errorf("ends with %v, want exit code 1", err)
	}
	for _, want := range []string{"FAILED  ops/email: mail relay " + sink.Addr, "554 5.0.0 no thanks", "FAILED  ops/webhook: webhook 127.0.0.1", "500 Internal Server Error"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
	if posted == nil {
		t.Error("the webhook was not tried")
	}
}

// TestAlertsTestEnds though a relay never says a word.
func TestAlertsTestEnds(t *testing.T) {
	silent := smtpsink.Play(t, smtpsink.Script{Greeting: smtpsink.Hang})
	var posted []byte
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var out, errs bytes.Buffer
	err := Alerts(ctx, AlertsOptions{Action: "test", Route: "ops", File: route(t, "smtp://"+silent.Addr, receiver(t, 200, &posted))}, &out, &errs)
	if !errors.Is(err, Doubtful) || !strings.Contains(out.String(), "FAILED  ops/email: mail relay "+silent.Addr) {
		t.Errorf("%v: %s", err, &out)
	}
}
