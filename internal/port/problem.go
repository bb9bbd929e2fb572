package port

import "strings"

// A State is the verdict on a row: what shape, word and colour it gets.
type State string

// The states, from the calmest to the worst.
const (
	OK      State = "ok"
	Unclear State = "unknown" // the owner could not be seen
	Warning State = "warning"
	Trouble State = "problem"
)

// Rank orders states: the higher, the sooner a person should look.
func (s State) Rank() int {
	switch s {
	case Trouble:
		return 3
	case Warning:
		return 2
	case Unclear:
		return 1
	}
	return 0
}

// A Problem is a stable code, with details after a colon where there are some.
type Problem string

// The problems that a look at the kernel alone can tell.
const (
	QueueFull  Problem = "accept_queue_full" // connections are being dropped right now
	ExeDeleted Problem = "exe_deleted"       // the executable was replaced: needs a restart
)

// Code returns the problem's code without its details.
func (p Problem) Code() string {
	code, _, _ := strings.Cut(string(p), ":")
	return code
}

// State returns how bad the problem is.
func (p Problem) State() State {
	if p.Code() == string(ExeDeleted) {
		return Warning
	}
	return Trouble
}

// Text says the problem in words for people.
func (p Problem) Text() string {
	switch Problem(p.Code()) {
	case QueueFull:
		return "accept queue full"
	case ExeDeleted:
		return "executable replaced, needs a restart"
	}
	return strings.ReplaceAll(string(p), "_", " ")
}

// judge sets the row's problems and its state.
func (l *Listener) judge() {
	l.Problems = l.Problems[:0:0]
	if l.Queue.Full {
		l.Problems = append(l.Problems, QueueFull)
	}
	if l.Owner.Leader != nil && l.Owner.Leader.ExeDeleted {
		l.Problems = append(l.Problems, ExeDeleted)
	}
	l.State = OK
	if !l.Owner.Known {
		l.State = Unclear
	}
	for _, p := range l.Problems {
		if p.State().Rank() > l.State.Rank() {
			l.State = p.State()
		}
	}
}
