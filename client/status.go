package client

import "strings"

// A Status is how well a service or a part of it is
// (draft-inadarei-api-health-check-06, section 3.1).
type Status string

// The statuses, from well to ill.
const (
	Pass Status = "pass"
	Warn Status = "warn" // it works, and somebody should look at it
	Fail Status = "fail"
)

// worse returns the worse of two statuses. One that is none of the three counts
// as Fail: nobody knows what it means.
func (s Status) worse(other Status) Status {
	if other.rank() > s.rank() {
		return other
	}
	return s
}

func (s Status) rank() int {
	switch s {
	case Pass:
		return 0
	case Warn:
		return 1
	}
	return 2
}

// statusOf reads a status in any case, and the older words that the draft allows.
func statusOf(word string) (Status, bool) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "pass", "ok", "up":
		return Pass, true
	case "warn":
		return Warn, true
	case "fail", "error", "down":
		return Fail, true
	}
	return "", false
}
