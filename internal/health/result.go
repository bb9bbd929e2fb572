package health

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Result is one answer to a check's question.
type Result struct {
	Check    string       `json:"check"`
	Observer string       `json:"observer"` // the host that asked
	At       time.Time    `json:"at"`       // when it began
	Took     Duration     `json:"took"`
	Verdict  Verdict      `json:"verdict"`
	Reason   Reason       `json:"reason,omitempty"`
	Text     foreign.Text `json:"text,omitempty"` // the reason for people, with evidence
}

// A Probe asks a check's question once. It returns when it has the answer or
// soon after ctx ends, and fills Verdict, Reason, Text and Took.
type Probe func(ctx context.Context) Result
