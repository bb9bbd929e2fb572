package health

import (
	"testing"

	"pgregory.net/rapid"
)

func TestGradeReadsLikeTheRule(t *testing.T) {
	tests := []struct {
		rounds string
		want   Grade
	}{
		{"+++++", GradeOK},
		{"-----", GradeDown},
		{"+-+++", GradeFlappy},
		{"----+", GradeFlappy},
		{"+w+w+", GradeOK},
		{"wwwww", GradeOK},
		{"w-", GradeFlappy},
		{"?????", GradeUnjudged},
		{"", GradeUnjudged},
		{"????+", GradeOK},
		{"????-", GradeDown},
		{"?+?-?", GradeFlappy},
	}
	for _, tt := range tests {
		var tally Tally
		for _, letter := range tt.rounds {
			tally.Add(Result{Verdict: verdict(letter)})
		}
		if got := tally.Grade(); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.rounds, got, tt.want)
		}
	}
}

// TestFailureIsTheEvidence: the last failure, else the last fault of our own.
func TestFailureIsTheEvidence(t *testing.T) {
	tests := []struct {
		rounds string
		want   int // index, -1 for none
	}{
		{"", -1}, {"++", -1}, {"+-", 1}, {"--", 1}, {"-+", 0}, {"-?", 0}, {"?-", 1}, {"?-?", 1}, {"??", 1}, {"?+", 0},
	}
	for _, tt := range tests {
		var tally Tally
		for i, letter := range tt.rounds {
			tally.Add(Result{Verdict: verdict(letter), Took: Duration(i)})
		}
		switch {
		case tally.Failure == nil:
			if tt.want >= 0 {
				t.Errorf("%q: no evidence, want round %d", tt.rounds, tt.want)
			}
		case int(tally.Failure.Took) != tt.want:
			t.Errorf("%q: evidence is round %d, want %d", tt.rounds, tally.Failure.Took, tt.want)
		}
		if tally.Last != nil && int(tally.Last.Took) != len(tt.rounds)-1 {
			t.Errorf("%q: last is round %d", tt.rounds, tally.Last.Took)
		}
	}
}

// TestEveryRoundIsCountedOnce, whatever the order.
func TestEveryRoundIsCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tally Tally
		verdicts := rapid.SliceOf(rapid.SampledFrom([]Verdict{Pass, Warn, Fail, Indeterminate})).Draw(t, "verdicts")
		count := map[Verdict]int{}
		for _, v := range verdicts {
			count[v]++
			tally.Add(Result{Verdict: v})
		}
		if tally.Passed != count[Pass]+count[Warn] || tally.Failed != count[Fail] || tally.Unjudged != count[Indeterminate] {
			t.Fatalf("%+v of %v", tally, count)
		}
	})
}
