package registry

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func ack(check string, number int, by string) health.Acknowledgement {
	return health.Acknowledgement{Incident: fmt.Sprintf("check/%s/%d", check, number), Check: check, By: by}
}

func TestAcknowledgementOutlastsARestart(t *testing.T) {
	d := newDisk()
	h := open(t, d, newWard())
	for _, by := range []string{"ann", "bob"} {
		if err := h.Acknowledge(t.Context(), ack("api", 3, by)); err != nil {
			t.Fatal(err)
		}
	}
	h = open(t, d, newWard())
	if a, ok := h.Acknowledged("check/api/3"); !ok || a.By != "bob" || a.At.IsZero() {
		t.Errorf("after a restart: %+v, %v", a, ok)
	}
	if _, ok := h.Acknowledged("check/api/30"); ok {
		t.Error("of another incident too")
	}
	if err := h.Unacknowledge(t.Context(), "check/api/3", "ann"); err != nil {
		t.Error(err)
	}
	if err := h.Unacknowledge(t.Context(), "check/api/3", "ann"); !errors.Is(err, ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
	if _, ok := open(t, d, newWard()).Acknowledged("check/api/3"); ok {
		t.Error("it was taken back")
	}
}

func TestAcknowledgementsThatCannotBeKept(t *testing.T) {
	h := open(t, newDisk(), newWard())
	var wrong Invalid
	if err := h.Acknowledge(t.Context(), health.Acknowledgement{Check: "api"}); !errors.As(err, &wrong) || wrong.Error() != `incident: "" is no key` {
		t.Errorf("of no incident: %v", err)
	}
	if err := h.Acknowledge(t.Context(), ack("api", 1, "ann")); err != nil {
		t.Fatal(err)
	}
	h.disk.set(true, false, false)
	if err := h.Acknowledge(t.Context(), ack("api", 2, "ann")); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := h.Unacknowledge(t.Context(), "check/api/1", "ann"); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
	if _, ok := h.Acknowledged("check/api/1"); !ok {
		t.Error("half done")
	}
	if _, ok := h.Acknowledged("check/api/2"); ok {
		t.Error("half done")
	}
}

// TestAcknowledgementsOfWhatIsOverAreForgotten 90 days later, and those of what
// goes on are not.
func TestAcknowledgementsOfWhatIsOverAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		h := open(t, d, newWard())
		h.live(t)
		for _, check := range []string{"api", "db", "web"} {
			if err := h.Acknowledge(t.Context(), ack(check, 1, "ann")); err != nil {
				t.Fatal(err)
			}
		}
		change := func(check string, from, to health.Status) *health.Change {
			return &health.Change{Check: check, From: from, To: to, At: time.Now()}
		}
		over := time.Now()
		h.See(change("api", health.Unhealthy, health.Healthy))
		h.See(change("db", health.Unhealthy, health.Unknown))
		h.See(change("web", health.Unhealthy, health.Unhealthy))
		time.Sleep(tidying + longest)
		synctest.Wait()
		writes := d.writes
		if h = open(t, d, newWard()); writes != 5 { // the next knows when they ended
			t.Errorf("%d writes, want three acknowledgements and two ends", writes)
		}
		for _, tt := range []struct {
			after time.Duration
			left  int
		}{{closedFor, 3}, {closedFor + time.Second, 1}, {10 * closedFor, 1}} {
			if err := h.tidy(t.Context(), over.Add(tt.after)); err != nil {
				t.Error(err)
			}
			if len(d.keys()) != tt.left || h.countAcks() != tt.left {
				t.Errorf("after %v there are %v, want %d", tt.after, d.keys(), tt.left)
			}
		}
		if _, ok := h.Acknowledged("check/web/1"); !ok {
			t.Error("the one that goes on is forgotten")
		}
	})
}
