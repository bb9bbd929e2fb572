package config

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// read makes a window of what the file says of it.
func (w windowDraft) read() (health.Window, error) {
	read := health.Window{Checks: w.checks, Why: w.why}
	once := w.from != "" || w.until != ""
	switch {
	case w.weekly != "" && once:
		return read, &wordError{"weekly and from or until at once", "make two windows of it"}
	case w.weekly != "":
		var err error
		read.Weekly, err = health.ParseWeekly(w.weekly, w.zone)
		return read, err
	case w.from == "" || w.until == "":
		return read, &wordError{"it does not say when", `write weekly: "Sun 02:00-04:00", or from: and until:`}
	}
	zone, err := time.LoadLocation(w.zone)
	if err != nil {
		return read, wrongWord(w.zone, "is no time zone", "write one of the IANA database, as in Europe/London")
	}
	if read.From, err = moment(w.from, zone); err != nil {
		return read, err
	}
	read.Until, err = moment(w.until, zone)
	return read, err
}

// moment reads a date with a time.
func moment(text string, zone *time.Location) (time.Time, error) {
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05"} {
		if at, err := time.ParseInLocation(form, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, wrongWord(text, "is no date with a time", "write it as in 2026-12-24 18:00")
}
