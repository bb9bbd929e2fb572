package web

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A hearer answers with what it heard, which is another thing than what was said.
type hearer struct {
	said  health.Beat
	heard health.Beat
	err   error
}

func (h *hearer) Beat(_ context.Context, _ string, b health.Beat) (health.Beat, error) {
	h.said = b
	return h.heard, h.err
}

// packed is an error of who has no room.
type packed struct{}

func (packed) Error() string { return "20000 heartbeats are heard already" }
func (packed) Full() bool    { return true }

// TestTheAnswerToAHeartbeatIsWhatWasHeard: a finish with an exit code has failed,
// and the time is that of who heard it.
func TestTheAnswerToAHeartbeatIsWhatWasHeard(t *testing.T) {
	at := time.Date(2026, 11, 21, 3, 0, 7, 0, time.UTC)
	p, h := newReception(t), &hearer{heard: health.Beat{Signal: health.Failed, At: at, Took: health.Duration(90 * time.Second), Code: 3}}
	p.options.Heartbeats = h
	code, answer := p.call(faraway, "POST", "/api/v1/push/job/finish?exit_code=3", "", "Authorization", "Bearer "+secretOf("own3"))
	for _, says := range []string{`"signal":"fail"`, `"at":"2026-11-21T03:00:07Z"`, `"took":"1m30s"`} {
		if code != 200 || !strings.Contains(answer, says) {
			t.Errorf("%d, without %s: %s", code, says, answer)
		}
	}
	if want := netip.MustParseAddrPort(faraway).Addr(); h.said.From != want || h.said.Signal != health.Finish {
		t.Errorf("%s from %v, want from %v", h.said.Signal, h.said.From, want)
	}
	if strings.Contains(answer, h.said.From.String()) {
		t.Errorf("the answer shows who sent it: %s", answer)
	}
}

// TestAHeartbeatThatHasNoRoom does not count, and is not told that it does.
func TestAHeartbeatThatHasNoRoom(t *testing.T) {
	p, h := newReception(t), &hearer{err: packed{}}
	p.options.Heartbeats = h
	code, answer := p.call(faraway, "GET", "/api/v1/push/job/"+secretOf("own3"), "")
	if code != 422 || !strings.Contains(answer, "not heard") || strings.Contains(answer, "counts") || strings.Contains(answer, secretOf("own3")) {
		t.Errorf("%d %s", code, answer)
	}
}
