package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/expect"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// A fault is what ended a check before it had its answer. Its text may still
// hold what the check has sent and the target repeats.
type fault struct {
	verdict health.Verdict
	reason  health.Reason
	text    string
	limit   int // of the text, in bytes; 0: maxText
}

// result makes a fault the outcome of a check that has secrets.
func (f *fault) result(a *health.Answer, s secrets) health.Result {
	return unhurried(health.Result{Verdict: f.verdict, Reason: f.reason, Text: s.shownIn(f.text, cmp.Or(f.limit, maxText)), Answer: a})
}

// blame is a fault of the target's.
func blame(reason health.Reason, text string) *fault {
	return &fault{verdict: health.Fail, reason: reason, text: text}
}

// unreached is what happened before a connection stood.
func unreached(err error) *fault {
	verdict, reason, text := reach.Classify(err)
	return &fault{verdict: verdict, reason: reason, text: string(text)}
}

// broken is what ended a connection that stood: our time, the network, or else
// what is given. While says what we were doing.
func broken(ctx context.Context, err error, reason health.Reason, while string) *fault {
	var timeout net.Error
	var errno syscall.Errno
	var plain tls.RecordHeaderError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return blame(health.Timeout, "the time was up "+while)
	case ctx.Err() != nil:
		return unreached(ctx.Err())
	case errors.As(err, &errno):
		f := unreached(err)
		f.text += " " + while
		return f
	case errors.As(err, &timeout) && timeout.Timeout():
		return blame(health.Timeout, "no answer "+while)
	case isAlert(err):
		return blame(health.TLSHandshake, "refused by the server: "+err.Error())
	case errors.As(err, &plain):
		return blame(health.TLSHandshake, "this is no TLS: "+plain.Msg)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return blame(reason, "the connection was closed "+while)
	}
	return blame(reason, err.Error())
}

// isAlert reports whether the server ended the connection by a TLS alert, which
// in TLS 1.3 may come after the handshake.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// well is the result of a check that has nothing to complain of, but perhaps of
// a family of addresses that is no longer there, or of a certificate that ends
// soon.
func well(a *health.Answer, t *trust, p *expect.Program, dead error) health.Result {
	switch {
	case dead != nil:
		_, _, text := reach.Classify(dead)
		return health.Result{Verdict: health.Warn, Reason: health.FamilyDead, Text: text, Answer: a}
	case a.TLS == nil, t.skip, p != nil && p.Uses("tls"), time.Until(a.TLS.NotAfter) >= expiryWarning:
		return health.Result{Verdict: health.Pass, Answer: a}
	}
	days := math.Floor(daysLeft(a.TLS, time.Now()))
	text := fmt.Sprintf("the certificate ends in %.0f days, at %s", days, a.TLS.NotAfter.UTC().Format(time.RFC3339))
	return health.Result{Verdict: health.Warn, Reason: health.TLSExpiring, Text: foreign.Text(text), Answer: a}
}

// maxText is how many bytes of what a server says are kept as evidence.
const maxText = 256

// clipped cuts a foreign text, between characters, to what is worth keeping.
func clipped(s string, most int) foreign.Text {
	s = strings.TrimSpace(s)
	if len(s) <= most {
		return foreign.Text(s)
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return foreign.Text(s[:n] + "…")
}
