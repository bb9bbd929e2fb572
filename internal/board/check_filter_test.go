package board

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// watched is a view of checks of every sort.
func watched() *View {
	shop := answered(state("shop-api", "https://shop.example.org/health", health.Unhealthy), health.Fail, health.Timeout, time.Second, time.Second)
	shop.Spec.Title, shop.Spec.Alerts = "The Shop", []string{"ops", "web"}
	db := answered(state("db", "tcp://10.0.0.9:5432", health.Degrading), health.Fail, health.Refused, time.Minute, time.Millisecond)
	six := answered(state("six", "tcp://[2001:db8::1]:8080", health.Healthy), health.Pass, "", 0, 2*time.Millisecond)
	night := answered(state("night", "tcp://shop.example.org:8010", health.Unhealthy, health.Maintenance), health.Fail, health.Refused, 0, 0)
	return boardOf(shop, db, six, night, state("new", "tcp://localhost:80", health.Unknown, health.Paused), state("portreeve.lag", "self://lag", health.Healthy)).View()
}

func TestCheckFilter(t *testing.T) {
	v := watched()
	for text, want := range map[string]string{
		"":                                 "db new night portreeve.lag shop-api six",
		"status:down":                      "shop-api",
		"status:up":                        "db portreeve.lag six",
		"status:unhealthy":                 "night shop-api",
		"status:DEGRADING,unknown":         "db new",
		"status:maintenance":               "night",
		"-status:up -status:paused":        "night shop-api",
		"kind:https":                       "shop-api",
		"kind:tcp,https -kind:tcp":         "shop-api",
		"reason:refused":                   "db night",
		"-reason:refused,timeout":          "new portreeve.lag six",
		"origin:self":                      "portreeve.lag",
		"name:SHOP":                        "shop-api",
		"name:the":                         "shop-api",
		"host:shop.example":                "night shop-api",
		"host:2001:db8::1":                 "six",
		"port:443":                         "shop-api",
		"port:8000-8080":                   "night six",
		"port:80,5432":                     "db new",
		"alert:ops":                        "shop-api",
		"shop":                             "night shop-api",
		"timeout":                          "shop-api",
		"10.0.0.9:5432":                    "db",
		"tcp://10.0.0.9:5432":              "db",
		"[2001:db8::1]:8080":               "six",
		"shop status:down":                 "shop-api",
		"  shop \t -status:down  kind:tcp": "night",
	} {
		f, err := ParseCheckFilter(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := names(f.Select(v)); got != want {
			t.Errorf("%q picks %q, want %q", text, got, want)
		}
		if f.String() != strings.Join(strings.Fields(text), " ") {
			t.Errorf("%q is written %q", text, f)
		}
	}
}

func TestWrongCheckFilters(t *testing.T) {
	for text, want := range map[string]struct{ term, says string }{
		"shop stat:down":                         {"stat:down", "did you mean status:?"},
		"colour:red":                             {"colour:red", "keys are status, kind"},
		"status:dwn":                             {"status:dwn", "did you mean down?"},
		"-status:":                               {"-status:", "write a value"},
		"status:up,":                             {"status:up,", "write a value"},
		"reason:refusd":                          {"reason:refusd", "did you mean refused?"},
		"origin:me":                              {"origin:me", "flag, config, request, self"},
		"port:0":                                 {"port:0", "1 to 65535"},
		"port:90-80":                             {"port:90-80", "1 to 65535"},
		"port:70000":                             {"port:70000", "1 to 65535"},
		"stats:80":                               {"stats:80", "did you mean status:?"},
		strings.Repeat("a ", 17):                 {"a a a a a a a a a a …", "at most 16 terms"},
		"name:" + strings.Repeat("a,", 65) + "a": {"name:a,a,a,a,a,a,a,a…", "64 values"},
	} {
		_, err := ParseCheckFilter(text)
		var fe *port.FilterError
		if !errors.As(err, &fe) {
			t.Errorf("%.40q: %v", text, err)
			continue
		}
		if fe.Term != want.term || !strings.Contains(fe.Advice, want.says) {
			t.Errorf("%.40q: %q: %s; %s", text, fe.Term, fe.Reason, fe.Advice)
		}
	}
}

func FuzzCheckFilter(f *testing.F) {
	for _, text := range []string{"status:down,degrading -host:x", "port:1-2", "[::1]:80", "a:b:c", "-", "--status:up", "tcp://x", "\xff:é"} {
		f.Add(text)
	}
	v := watched()
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseCheckFilter(text)
		if err != nil {
			if fe := new(port.FilterError); !errors.As(err, &fe) || fe.Reason == "" || fe.Advice == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		again, err := ParseCheckFilter(filter.String())
		if err != nil || names(again.Select(v)) != names(filter.Select(v)) {
			t.Fatalf("%q is written %q, which is another filter; %v", text, filter, err)
		}
	})
}
