package letter_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/letter"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var began = time.Date(2025, 6, 1, 10, 4, 5, 0, time.UTC)

func span(d time.Duration) health.Duration { return health.Duration(d) }

// down is an outage of a shop with all that can be known of it.
func down() notify.Notice {
	return notify.Notice{
		Key: "ops/email/check/shop-api/7", Kind: notify.Down, Route: "ops", At: began.Add(5 * time.Second),
		Check: "shop-api", Title: "The shop's API", Target: "http://127.0.0.1:3000/health", Observer: "web-1",
		Page: "https://ports.example.org/checks/shop-api", Status: health.Unhealthy,
		Reason: health.HTTPStatus, Text: "status 503 Service Unavailable", Advice: health.Advice(health.HTTPStatus),
		Incident: "check/shop-api/7", Began: began, UpBefore: span(76*time.Hour + 12*time.Minute),
		LastGood: &health.Result{At: began.Add(-5 * time.Second), Took: span(12 * time.Millisecond), Answer: &health.Answer{HTTP: &health.HTTP{Status: 200}}},
		Others:   []string{"db", "cache"}, OthersCount: 14,
	}
}

// but returns down, changed.
func but(change func(*notify.Notice)) notify.Notice {
	n := down()
	change(&n)
	return n
}

// notices are one of every kind, and the corners.
func notices() map[string]notify.Notice {
	ended := began.Add(270 * time.Second)
	self := notify.Notice{
		Key: "ops/email/check/portreeve.local_network/3", Kind: notify.Down, Route: "ops", At: began.Add(7 * time.Second), Observer: "web-1",
		Check: "portreeve.local_network", Title: "this machine's network works", Status: health.Unhealthy, Reason: health.LocalNetwork,
		Text:   "1000 checks could not be judged, such as shop-api: connect: network is unreachable",
		Advice: health.Advice(health.LocalNetwork), Incident: "check/portreeve.local_network/3", Began: began,
	}
	selfUp := self
	selfUp.Kind, selfUp.Status, selfUp.Ended, selfUp.Outage, selfUp.Advice = notify.Up, health.Healthy, ended, span(270*time.Second), ""
	return map[string]notify.Notice{
		"down": down(),
		"down-bare": {Key: "k", Kind: notify.Down, Route: "ops", At: began, Check: "db", Observer: "web-1", Status: health.Unhealthy,
			Reason: health.Refused, Text: "connection refused", Began: began.Add(-11 * time.Hour)},
		"up": but(func(n *notify.Notice) {
			n.Kind, n.Status, n.Ended, n.Outage, n.At = notify.Up, health.Healthy, ended, span(270*time.Second), ended.Add(5*time.Second)
			n.Others, n.OthersCount = []string{"db"}, 1
		}),
		"summary-one": but(func(n *notify.Notice) {
			n.Kind, n.Status, n.Ended, n.Outage, n.Count = notify.Summary, health.Healthy, ended, span(270*time.Second), 1
			n.Outages = []notify.Outage{{Began: began, Length: n.Outage, Reason: health.HTTPStatus}}
		}),
		"summary-many": but(func(n *notify.Notice) {
			n.Kind, n.Status, n.Count = notify.Summary, health.Healthy, 25
			for i := range 20 {
				n.Outages = append(n.Outages, notify.Outage{Began: began.Add(time.Duration(i) * 17 * time.Minute), Length: span(time.Duration(i+1) * 30 * time.Second), Reason: health.Refused})
			}
			n.Began, n.Ended = n.Outages[0].Began, n.Outages[19].Began.Add(10*time.Minute)
		}),
		"summary-down": but(func(n *notify.Notice) {
			n.Kind, n.Count = notify.Summary, 2
			n.Outages = []notify.Outage{{Began: began.Add(-time.Hour), Length: span(time.Minute), Reason: health.Refused}, {Began: began, Length: span(3 * time.Second), Reason: health.HTTPStatus, Closed: true}}
		}),
		"degrading": but(func(n *notify.Notice) { n.Kind, n.Status, n.Incident = notify.Degrading, health.Degrading, "" }),
		"well": but(func(n *notify.Notice) {
			n.Kind, n.Status, n.Incident, n.Ended, n.Reason, n.Text, n.Advice = notify.Well, health.Healthy, "", began.Add(5*time.Second), "", "", ""
		}),
		"reminder":     but(func(n *notify.Notice) { n.Kind, n.At, n.Count = notify.Reminder, began.Add(4*time.Hour), 2 }),
		"flapping":     but(func(n *notify.Notice) { n.Kind = notify.FlapBegun }),
		"settled":      but(func(n *notify.Notice) { n.Kind, n.Status, n.Advice = notify.FlapOver, health.Healthy, "" }),
		"settled-down": but(func(n *notify.Notice) { n.Kind, n.Was = notify.FlapOver, health.Healthy }),
		"down-again": but(func(n *notify.Notice) {
			n.Outages, n.Count = []notify.Outage{{Began: began.Add(-time.Hour), Length: span(time.Minute), Reason: health.Refused}}, 1
		}),
		"paused": but(func(n *notify.Notice) { n.Kind, n.Status, n.By = notify.PausedKind, health.Unhealthy, "alice" }),
		"paused-why": but(func(n *notify.Notice) {
			n.Kind, n.Status, n.By, n.Why = notify.PausedKind, health.Healthy, "token ops", "a new disk, until Monday"
			n.Began, n.Reason, n.Text, n.UpBefore, n.Incident = time.Time{}, "", "", 0, ""
		}),
		"paused-after-outage": but(func(n *notify.Notice) {
			n.Kind, n.At, n.By, n.Why, n.Registered = notify.PausedKind, began.Add(24*time.Hour+3*time.Second), health.AfterOutage, "down for longer than 24h", true
		}),
		"degrading-warning": but(func(n *notify.Notice) {
			n.Kind, n.Status, n.Incident, n.Reason, n.Text, n.Advice = notify.Degrading, health.Degrading, "", health.HealthWarn, "status warn: disk:utilization is at 93 %", ""
		}),
		"closed":         but(func(n *notify.Notice) { n.Kind, n.Status = notify.Closed, health.Unknown }),
		"sample":         {Key: "ops/email/sample/1", Kind: notify.Sample, Route: "ops", At: began, Observer: "web-1", Page: "https://ports.example.org/", Check: "sample"},
		"cut-off":        self,
		"cut-off-over":   selfUp,
		"of-the-journal": {Key: "k", Kind: notify.Down, Route: "ops", At: began, Check: "portreeve.journal", Observer: "web-1", Status: health.Unhealthy, Text: "disk full", Began: began},
		"of-the-future":  {Key: "k", Kind: "eclipse", Route: "ops", At: began, Check: "sun", Observer: "web-1", Status: health.Degrading},
	}
}

// TestGolden: every kind of notice reads as it should. The files are the mails
// as people get them.
func TestGolden(t *testing.T) {
	for name, n := range notices() {
		t.Run(name, func(t *testing.T) {
			got := "Subject: " + letter.Subject(n) + "\n\n" + letter.Body(n) + "\n=== short\n" + letter.Short(n) + "\n"
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for line := range strings.Lines(letter.Body(n)) {
				if len([]rune(strings.TrimSuffix(line, "\n"))) > 72 && !strings.Contains(line, "://") {
					t.Errorf("a line of more than 72 characters: %q", line)
				}
			}
		})
	}
}

// TestSubjects pins the subjects that people filter by.
func TestSubjects(t *testing.T) {
	for name, want := range map[string]string{
		"down":                "[portreeve] shop-api is DOWN: http_status 503 (since 10:04:05 UTC)",
		"down-bare":           "[portreeve] db is DOWN: refused (since 2025-05-31 23:04:05 UTC)",
		"up":                  "[portreeve] shop-api has recovered after 4m30s",
		"summary-one":         "[portreeve] shop-api was DOWN for 4m30s and has recovered",
		"summary-many":        "[portreeve] shop-api was DOWN 25 times and has recovered",
		"summary-down":        "[portreeve] shop-api was DOWN 2 times and is DOWN now: http_status 503",
		"reminder":            "[portreeve] shop-api is still DOWN for 4h, reminder 2: http_status 503",
		"settled-down":        "[portreeve] shop-api no longer flaps: it is DOWN, and was UP before",
		"settled":             "[portreeve] shop-api no longer flaps: it is UP",
		"paused":              "[portreeve] shop-api is PAUSED: nobody asks any more, by alice",
		"paused-after-outage": "[portreeve] shop-api is PAUSED: it has been DOWN for 24h",
		"cut-off":             "[portreeve] portreeve is cut off: 1000 checks could not be judged, such as shop-api: connect: network is unreachable (since 10:04:05 UTC)",
		"of-the-journal":      "[portreeve] portreeve has trouble: journal: disk full (since 10:04:05 UTC)",
	} {
		if got := letter.Subject(notices()[name]); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 12 * time.Millisecond: "12ms", 999600 * time.Microsecond: "1s", time.Second: "1s", 90 * time.Second: "1m30s",
		time.Minute: "1m", 270*time.Second + 400*time.Millisecond: "4m30s", 4 * time.Hour: "4h", 4*time.Hour + 5*time.Second: "4h0m5s", 26 * time.Hour: "26h",
		48 * time.Hour: "2d", 76*time.Hour + 12*time.Minute: "3d4h12m", 1000 * time.Hour: "41d16h", 48*time.Hour + time.Second: "2d1s",
	} {
		if got := letter.Span(d); got != want {
			t.Errorf("%d ns reads %s, want %s", d, got, want)
		}
	}
}
