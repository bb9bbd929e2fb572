package journal_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

// sameChanges fails the test unless two journals with the same entries answer
// every query alike, whatever its bounds are.
func sameChanges(t *testing.T, a, b journal.Journal) {
	t.Helper()
	ra, rb := readAll(t, a, ""), readAll(t, b, "")
	if len(ra) != len(rb) {
		t.Fatalf("%d and %d entries", len(ra), len(rb))
	}
	cursor := func(all []event.Recorded, i int) event.Cursor {
		if i < 0 {
			return ""
		}
		return all[i].Cursor
	}
	n := len(ra)
	for _, check := range []string{"", "shop", "other"} {
		for _, newest := range []bool{false, true} {
			for _, limit := range []int{0, 1, 3, n / 2, n} {
				for _, after := range []int{-1, 0, n / 2, n - 1} {
					for _, before := range []int{-1, 0, n / 2, n - 1} {
						for _, from := range []int{-1, 2, n - 2} {
							q := event.Query{Check: check, Newest: newest, Limit: limit, Lead: check != ""}
							if from >= 0 {
								q.From = ra[from].At
							}
							qa, qb := q, q
							qa.After, qa.Before = cursor(ra, after), cursor(ra, before)
							qb.After, qb.Before = cursor(rb, after), cursor(rb, before)
							compareChanges(t, a, b, qa, qb)
						}
					}
				}
			}
		}
	}
}

func compareChanges(t *testing.T, a, b journal.Journal, qa, qb event.Query) {
	t.Helper()
	keys := func(j journal.Journal, q event.Query) (list []string) {
		found, err := j.Changes(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, r := range found {
			list = append(list, fmt.Sprint(r.Key(), " ", r.At))
		}
		return list
	}
	if diff := cmp.Diff(keys(b, qb), keys(a, qa)); diff != "" {
		t.Fatalf("%+v (-want +got):\n%s", qa, diff)
	}
}
