package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
)

// configured is how long to wait after a failure that somebody has to mend,
// such as a wrong password: relays close accounts that try too often.
const configured = 5 * time.Minute

// failure says what an error means for the notice. A reply of 5xx is the
// notice's own fault only when it is about the mail itself; when it is about
// us, our sender or our password, the next notice would fare the same and none
// is to be lost by it.
func (m *Mailer) failure(ctx context.Context, err error) error {
	at, ok := errors.AsType[*stageError](err)
	if !ok {
		at = &stageError{connecting, err}
	}
	f := &notify.Failure{Err: m.redact.Error(errors.New(m.words(ctx, at)))}
	reply, answered := errors.AsType[*textproto.Error](err)
	refused := answered && reply.Code >= 500
	switch _, useless := errors.AsType[offerError](err); {
	case at.stage == verdict && !answered:
		f.Doubtful = true
	case refused && (at.stage == verdict || at.stage == content) && !aboutUs(reply.Code):
		f.Permanent = true
	case refused || useless:
		f.After = configured
	}
	return f
}

// aboutUs reports whether a reply wants us to log in, or to encrypt, first
// (RFC 4954, section 6; RFC 3207, section 4).
func aboutUs(code int) bool { return code == 530 || code == 535 || code == 538 || code == 534 }

// words says what went wrong for people.
func (m *Mailer) words(ctx context.Context, at *stageError) string {
	text := strings.ReplaceAll(at.err.Error(), "\n", " ")
	text = strings.TrimPrefix(text, "SMTP AUTH failed: ")
	netErr, isNet := errors.AsType[net.Error](at.err)
	reply, answered := errors.AsType[*textproto.Error](at.err)
	switch {
	case answered:
		text = said(reply)
	case ctx.Err() != nil:
		text = context.Cause(ctx).Error()
	case errors.Is(at.err, errTalkative):
		text = errTalkative.Error()
	case isNet && netErr.Timeout() || errors.Is(at.err, os.ErrDeadlineExceeded):
		text = "no answer in time"
	case errors.Is(at.err, io.EOF) || errors.Is(at.err, io.ErrUnexpectedEOF):
		text = "the relay closed the connection"
	}
	text = fmt.Sprintf("%s: %s: %s", m.relay, at.stage, text)
	if at.stage == loggingIn && answered && reply.Code >= 500 {
		text += " (see the user in the relay's URL, and its password)"
	}
	return text
}

// said returns a reply on one line.
func said(reply *textproto.Error) string {
	return fmt.Sprintf("%d %s", reply.Code, strings.ReplaceAll(reply.Msg, "\n", " "))
}
