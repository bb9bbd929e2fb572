package journal

import (
	"testing"

	"github.com/portreeve/portreeve/internal/history"
)

// TestStandbyCountsWhatWaits: memory takes so many entries and stretches of
// response times, however small they are.
func TestStandbyCountsWhatWaits(t *testing.T) {
	s := &Standby{debt: newDebt()}
	rows := make([]row, maxUnsaved)
	s.newest.add(rows[:100], true)
	if !s.room(&batch{rows: rows}) || s.room(&batch{rows: make([]row, maxUnsaved+1)}) {
		t.Errorf("room for other than %d entries", maxUnsaved)
	}
	s.newest.add(rows[1:], false)
	if !s.room(&batch{rows: rows[:1]}) || s.room(&batch{rows: rows[:2]}) {
		t.Errorf("room for other than one entry behind %d", maxUnsaved-1)
	}
	if !s.room(&batch{places: []place{{reader: "mail"}}}) {
		t.Error("no room for a position, of which each reader has one")
	}
	if s.room(&batch{latencies: make([]history.Latency, maxUnsavedCounts+1)}) {
		t.Errorf("room for more than %d stretches of response times", maxUnsavedCounts)
	}
}

// TestNewestForgets: what is on the disk is forgotten from the oldest on, what
// is not stays.
func TestNewestForgets(t *testing.T) {
	n := newest{}
	for seq := int64(1); seq <= 10*keepNewest; seq++ {
		n.add([]row{{seq: seq, body: make([]byte, 100)}}, seq%2 == 1 && len(n.unsaved()) == 0)
		if len(n.unsaved()) == 7 {
			n.save(7)
		}
		if n.rows[0].seq != n.from+1 || n.rows[len(n.rows)-1].seq != seq {
			t.Fatalf("after %d: from %d, rows %d to %d", seq, n.from, n.rows[0].seq, n.rows[len(n.rows)-1].seq)
		}
		if len(n.rows) > 2*keepNewest+7 || int64(len(n.rows)) < min(seq, keepNewest) {
			t.Fatalf("after %d: %d rows", seq, len(n.rows))
		}
		if n.savedTo()+int64(len(n.unsaved())) != seq {
			t.Fatalf("after %d: saved to %d, %d unsaved", seq, n.savedTo(), len(n.unsaved()))
		}
	}
	n.add([]row{{seq: 10*keepNewest + 1, body: make([]byte, 3*keepNewestBytes)}}, true)
	if len(n.rows) != 1 {
		t.Errorf("%d rows behind one that is too large", len(n.rows))
	}
}
