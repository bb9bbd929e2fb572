package config

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/portreeve/portreeve/internal/health"
)

// everything is a configuration from all sources.
func everything(t *testing.T) *Config {
	t.Chdir("testdata")
	return load(t, Sources{
		File:      "everything.yaml",
		Flags:     map[string][]string{"port": {"9870"}, "checks": {"tcp://[::1]:5432"}},
		LookupEnv: variables{"PORTREEVE_WATCH_PORT": "8500,3000", "DEBUG": "1"}.lookup,
		Check:     kinds,
	})
}

func TestPrint(t *testing.T) {
	var b bytes.Buffer
	if err := everything(t).Print(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "hunter") {
		t.Error("a secret is printed")
	}
	golden(t, "everything.golden", b.String())
}

func TestPrintJSON(t *testing.T) {
	var b bytes.Buffer
	if err := everything(t).PrintJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "hunter") || !json.Valid(b.Bytes()) {
		t.Error("a secret is printed, or no JSON")
	}
	golden(t, "everything.json", b.String())
}

// same compares configurations but for where their values come from.
func same() cmp.Option {
	return cmp.Options{
		cmpopts.IgnoreUnexported(Config{}, Alert{}, Email{}, Webhook{}, SMTP{}, Mirror{}), cmpopts.IgnoreFields(Config{}, "File"), cmpopts.IgnoreFields(health.Spec{}, "Origin"),
		cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{}),
	}
}

// TestPrintIsAConfiguration that means the same, but for secrets.
func TestPrintIsAConfiguration(t *testing.T) {
	c := everything(t)
	var b bytes.Buffer
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	again := load(t, Sources{File: write(t, b.String()), Check: kinds})
	for i, s := range again.Checks {
		s.Headers, s.Body = c.Checks[i].Headers, c.Checks[i].Body
	}
	again.Mirror.DSN, again.SMTP.URL = c.Mirror.DSN, c.SMTP.URL // which are hidden
	for i, a := range again.Alerts {
		a.Services, a.Webhook.URL, a.Email.SMTP = c.Alerts[i].Services, c.Alerts[i].Webhook.URL, c.Alerts[i].Email.SMTP
	}
	if d := cmp.Diff(c, again, same()); d != "" {
		t.Errorf("read again (-want +got):\n%s", d)
	}
}

// TestPrintedTextIsReadBack whatever it is.
func TestPrintedTextIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "printed.yaml")
	rapid.Check(t, func(r *rapid.T) {
		c := Default()
		text := rapid.StringMatching(`[\x20-\x7e\n\t\x00é€😀:#,\[\]{}"'\\]{0,12}`)
		c.Checks = []*health.Spec{{
			Name: "a", Target: "https://a/", Title: text.Draw(r, "title"), Expect: text.Draw(r, "expect"), ServerName: text.Draw(r, "name"),
			Interval: 1e9, Timeout: 5e8, Thresholds: health.Thresholds{Unhealthy: 1, Healthy: 1},
		}}
		c.history = []checkOrigin{{}}
		c.Database = text.Draw(r, "database")
		var b bytes.Buffer
		if err := c.Print(&b); err != nil {
			r.Fatal(err)
		}
		overwrite(t, path, b.String())
		again, err := Load(Sources{File: path})
		if err != nil {
			r.Fatalf("%v in\n%s", err, &b)
		}
		if d := cmp.Diff(c, again, same()); d != "" && !strings.Contains(b.String(), hidden) {
			r.Errorf("read again (-want +got):\n%s\n%s", d, &b)
		}
	})
}
