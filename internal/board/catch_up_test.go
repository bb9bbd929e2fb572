package board

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// TestNobodySeesAnOldView: of many who ask together, all see what was told before.
func TestNobodySeesAnOldView(t *testing.T) {
	for round := range 20 {
		b := New(port.Machine{}, time.Now())
		for i := range 2000 {
			b.Check(&health.State{Spec: &health.Spec{Name: fmt.Sprintf("j%d", i)}})
		}
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if b.View().FindCheck("j7") == nil {
					t.Errorf("round %d: a check that was told is missing", round)
				}
			})
		}
		all.Wait()
	}
}
