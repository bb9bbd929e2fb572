package canary

import (
	"encoding/json"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestAcquaintancesOutliveTheProcess: who answered before a restart is believed
// after it; what nobody could have kept is not.
func TestAcquaintancesOutliveTheProcess(t *testing.T) {
	answered := time.Now().Add(-time.Minute).Round(0).UTC()
	kept := []Acquaintance{
		{"gateway", netip.MustParseAddr("192.0.2.1"), answered, "icmp echo"},
		{"gateway", netip.MustParseAddr("fe80::1%2"), answered, "tcp"},
		{"resolver", netip.MustParseAddr("192.0.2.53"), answered, "dns"},
	}
	text, err := json.Marshal(append(kept,
		Acquaintance{"oracle", netip.MustParseAddr("192.0.2.9"), answered, "icmp echo"},
		Acquaintance{"gateway", netip.Addr{}, answered, "icmp echo"},
		Acquaintance{"gateway", netip.MustParseAddr("192.0.2.8"), time.Time{}, "icmp echo"},
	))
	if err != nil {
		t.Fatal(err)
	}
	var read []Acquaintance
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	c := New(Options{Log: slog.New(slog.DiscardHandler)})
	defer c.Close()
	c.Recall(read)
	if d := cmp.Diff(kept, c.Acquaintances(), cmpopts.EquateComparable(netip.Addr{})); d != "" {
		t.Errorf("acquaintances (-want +got):\n%s", d)
	}
}
