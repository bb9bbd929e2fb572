package app

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

// A clockState is what the kernel says of its clock.
type clockState struct {
	synchronised bool
	mostOff      time.Duration // the most that it may be off, when it is synchronised
}

// timeError is the state of a clock that nobody synchronises (adjtimex(2)).
const timeError = 5

// unsynchronised is STA_UNSYNC of include/uapi/linux/timex.h.
const unsynchronised = 0x40

// readClock asks the kernel, which tells everybody.
func readClock() (clockState, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return clockState{}, fmt.Errorf("adjtimex: %w", err)
	}
	return clockState{
		synchronised: state != timeError && t.Status&unsynchronised == 0,
		mostOff:      time.Duration(t.Maxerror) * time.Microsecond,
	}, nil
}

// examineClock tells whether times can be compared with those of others.
// Durations come from a clock that nobody sets.
func examineClock(_ context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "clock", Condition: term.Ailing}
	state, err := p.clock()
	switch {
	case err != nil:
		f.Text = foreign.Text(err.Error())
	case !state.synchronised:
		f.Text = "nobody synchronises it: times of history may differ from those of other machines, lengths of outages are right"
		f.Hint = "start systemd-timesyncd or chrony; where the host of a virtual machine keeps the time, all may be well"
	default:
		f.Condition = term.Well
		f.Text = foreign.Text(fmt.Sprintf("synchronised, off by %v at most", state.mostOff.Round(time.Millisecond)))
	}
	return one(f)
}
