package web

import (
	"strings"
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 s", 0: "0 s", 8*time.Second + 900*time.Millisecond: "8 s", 119 * time.Second: "119 s", 2 * time.Minute: "2 m",
		97 * time.Minute: "97 m", 2 * time.Hour: "2 h", 47 * time.Hour: "47 h", 2 * day: "2 d", 729 * day: "729 d", 800 * day: "2 y",
	} {
		if got := plainBlanks(span(d)); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestAt(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		t         time.Time
		text, iso string
	}{
		{now.Add(-time.Minute), "00:29:00", "2026-03-01T00:29:00Z"},
		{now.Add(-time.Hour), "28 Feb 23:30:00", "2026-02-28T23:30:00Z"},
		{now.AddDate(-1, 0, 0), "1 Mar 00:30:00", "2025-03-01T00:30:00Z"},
		{time.Time{}, "", ""},
	} {
		if got := at(tt.t, now); got != (moment{tt.text, tt.iso}) {
			t.Errorf("at(%v) = %+v", tt.t, got)
		}
	}
}

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{310 * time.Microsecond: "0.3 ms", 12 * time.Millisecond: "12 ms", 1400 * time.Millisecond: "1.4 s"} {
		if got := plainBlanks(took(d)); got != want {
			t.Errorf("took(%v) = %q, want %q", d, got, want)
		}
	}
}

// plainBlanks makes blanks that do not break into those that do.
func plainBlanks(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }
