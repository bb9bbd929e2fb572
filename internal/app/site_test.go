package app

import (
	"fmt"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// TestSiteTellsWhatFails: targets that are DOWN, some by name and all by number;
// nobody who is paused, and no fault of our own.
func TestSiteTellsWhatFails(t *testing.T) {
	b := board.New(port.Machine{}, time.Now())
	for i := range 5 {
		b.Check(&health.State{Spec: &health.Spec{Name: fmt.Sprintf("down-%d", i)}, Status: health.Unhealthy})
	}
	b.Check(&health.State{Spec: &health.Spec{Name: "up"}, Status: health.Healthy})
	b.Check(&health.State{Spec: &health.Spec{Name: "paused"}, Status: health.Unhealthy, Overlays: []health.Overlay{health.Paused}})
	b.Check(&health.State{Spec: &health.Spec{Name: health.SelfPrefix + "network"}, Status: health.Unhealthy})
	s := &site{Board: b}
	names, all := s.Failing(3)
	if len(names) != 3 || names[0] != "down-0" || all != 5 {
		t.Errorf("%v fail, %d in all", names, all)
	}
	if s.Check("up") == nil || s.Check("gone") != nil {
		t.Error("a check is found that is not there, or not found")
	}
}

func TestSiteLinksToPages(t *testing.T) {
	for url, want := range map[string]string{"": "", "https://ports.example.org": "https://ports.example.org/checks/shop%2Fapi"} {
		if got := (&site{url: url}).Page("shop/api"); got != want {
			t.Errorf("with %q the page is %q, want %q", url, got, want)
		}
	}
}
