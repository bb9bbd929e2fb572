package health

import (
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Signal is what a heartbeat says.
type Signal string

// The signals. A heartbeat without one means Finish.
const (
	Start  Signal = "start"  // a run began
	Finish Signal = "finish" // a run ended well, or: still alive
	Failed Signal = "fail"   // a run ended badly
)

// Signals lists the signals.
func Signals() []string { return []string{string(Start), string(Finish), string(Failed)} }

// A Beat is one signal of a heartbeat's sender.
type Beat struct {
	Signal Signal    `json:"signal"`
	At     time.Time `json:"at"` // when it came, by our clock
	// From is who sent it; the zero Addr when that is not known, as behind a proxy.
	// It is for whoever owns the check, and so no part of what others read.
	From netip.Addr `json:"-"`
	// Took is the run time: what the sender says, else the time since its start;
	// zero when neither is known.
	Took Duration     `json:"took,omitempty"`
	Code int          `json:"exit_code,omitempty"`
	Text foreign.Text `json:"text,omitempty"` // the sender's
	// Started is set while a run goes on: when it began, and the other fields are of
	// the run before.
	Started time.Time `json:"started,omitzero"`
}
