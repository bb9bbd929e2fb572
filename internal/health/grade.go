package health

// A Grade sums up several rounds of one question, for people who ask now.
type Grade string

// The grades.
const (
	GradeOK       Grade = "ok"       // every round that could be judged passed
	GradeFlappy   Grade = "flappy"   // some passed and some failed
	GradeDown     Grade = "down"     // every round that could be judged failed
	GradeUnjudged Grade = "unjudged" // no round could be judged, for a fault of our own
)

// A Tally counts the rounds of one question. The zero Tally is ready to use.
type Tally struct {
	Passed   int     `json:"passed"`
	Failed   int     `json:"failed"`
	Unjudged int     `json:"unjudged"`
	Last     *Result `json:"last,omitempty"`    // of all
	Failure  *Result `json:"failure,omitempty"` // the last that failed, or that could not be judged when none failed
}

// Add counts one round.
func (t *Tally) Add(r Result) {
	t.Last = &r
	switch r.Verdict {
	case Fail:
		t.Failed++
		t.Failure = &r
	case Indeterminate:
		t.Unjudged++
		if t.Failed == 0 {
			t.Failure = &r
		}
	default:
		t.Passed++
	}
}

// Grade sums up. Rounds that could not be judged count for nothing.
func (t *Tally) Grade() Grade {
	switch {
	case t.Passed == 0 && t.Failed == 0:
		return GradeUnjudged
	case t.Failed == 0:
		return GradeOK
	case t.Passed == 0:
		return GradeDown
	}
	return GradeFlappy
}
