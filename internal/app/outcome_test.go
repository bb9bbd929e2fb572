package app

import "testing"

// TestWorseReadsLikeTheRule: 2 before 3 before 1 before 0.
func TestWorseReadsLikeTheRule(t *testing.T) {
	order := []Outcome{0, Doubtful, Untold, Down}
	for i, a := range order {
		for j, b := range order {
			if got, want := a.worse(b), order[max(i, j)]; got != want {
				t.Errorf("the worse of %d and %d is %d, want %d", a, b, got, want)
			}
		}
	}
	if Outcome(0).err() != nil || Down.err() != error(Down) || Down.Error() != "exit code 2" {
		t.Error("all is well is an error, or Down is none")
	}
}
