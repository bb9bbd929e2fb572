package term

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Flappy is how one host did over the rounds of `flappy`.
type Flappy struct {
	Host  string
	Port  uint16
	Tally health.Tally
}

// unasked stands for the reason why a host could not be checked that no round
// reached before the end.
const unasked health.Reason = "interrupted"

// Line returns the line that says so: the same on every screen but for the
// colour of the word that matters. Scripts read it.
func (f Flappy) Line(s Screen) string {
	service := fmt.Sprintf("service using port %d on host %s ", f.Port, foreign.Text(f.Host))
	switch f.Tally.Grade() {
	case health.GradeOK:
		return service + "is reporting " + s.paint("ok", Good)
	case health.GradeDown:
		return service + "is " + s.paint("DOWN", Bad)
	case health.GradeFlappy:
		return service + "is " + s.paint("flappy", Caution)
	}
	return service + s.paint("could not be checked", Unseen) + ": " + string(f.reason())
}

// reason returns why the host is not ok, or why a round could not be judged; ""
// when all went well.
func (f Flappy) reason() health.Reason {
	if f.Tally.Failure != nil {
		return f.Tally.Failure.Reason
	}
	if f.Tally.Grade() == health.GradeUnjudged {
		return unasked
	}
	return ""
}

// Why returns the remark that gives the evidence against a host, and false
// when there is none.
func (f Flappy) Why() (Line, bool) {
	grade, failure := f.Tally.Grade(), f.Tally.Failure
	if grade == health.GradeOK || failure == nil {
		return Line{}, false
	}
	text := fmt.Sprintf("%s: %s", foreign.Text(f.Host), failure.Reason)
	if grade == health.GradeFlappy {
		text = fmt.Sprintf("%s: failed %d of %d: %s", foreign.Text(f.Host), f.Tally.Failed, f.Tally.Failed+f.Tally.Passed, failure.Reason)
	}
	if evidence := withoutAddress(failure, f.Host); evidence != "" {
		text += ": " + evidence.String()
	}
	return Line{Text: text, Tone: Faint, Hint: health.AdviceFor(failure)}, true
}

// A flappyItem is a host as JSON has it.
type flappyItem struct {
	Host     string         `json:"host"`
	Port     uint16         `json:"port"`
	Grade    health.Grade   `json:"grade"`
	Message  string         `json:"message"` // the line for people
	Passed   int            `json:"passed"`
	Failed   int            `json:"failed"`
	Unjudged int            `json:"unjudged"`
	Reason   health.Reason  `json:"reason,omitempty"` // of the last round that failed, else of the last that could not be judged
	Text     foreign.Text   `json:"text,omitempty"`   // its evidence
	Last     *health.Result `json:"last"`             // round; null when there was none
}

// WriteFlappyJSON writes a host as one line of JSON.
func WriteFlappyJSON(w io.Writer, f Flappy) error {
	item := flappyItem{
		Host: f.Host, Port: f.Port, Grade: f.Tally.Grade(), Message: f.Line(Screen{}),
		Passed: f.Tally.Passed, Failed: f.Tally.Failed, Unjudged: f.Tally.Unjudged,
		Reason: f.reason(), Last: f.Tally.Last,
	}
	if f.Tally.Failure != nil {
		item.Text = f.Tally.Failure.Text
	}
	return writeJSON(w, item, false)
}

// A FlappySummary counts hosts by grade, and those that are not ok by reason.
// The zero FlappySummary is ready to use.
type FlappySummary struct {
	Hosts   int
	grades  map[health.Grade]int
	reasons map[health.Grade]map[health.Reason]int
}

// Add counts one host.
func (s *FlappySummary) Add(f Flappy) {
	if s.grades == nil {
		s.grades, s.reasons = map[health.Grade]int{}, map[health.Grade]map[health.Reason]int{}
	}
	grade := f.Tally.Grade()
	s.Hosts++
	s.grades[grade]++
	if s.reasons[grade] == nil {
		s.reasons[grade] = map[health.Reason]int{}
	}
	if grade != health.GradeOK {
		s.reasons[grade][f.reason()]++
	}
}

// Count returns how many hosts have a grade.
func (s *FlappySummary) Count(g health.Grade) int { return s.grades[g] }

// String returns the counts in words: "5 hosts: 3 ok, 2 DOWN (refused)".
func (s *FlappySummary) String() string {
	text := plural(s.Hosts, "host") + ":"
	words := []struct {
		grade health.Grade
		word  string
	}{{health.GradeOK, "ok"}, {health.GradeFlappy, "flappy"}, {health.GradeDown, "DOWN"}, {health.GradeUnjudged, "could not be checked"}}
	comma := " "
	for _, w := range words {
		if n := s.grades[w.grade]; n > 0 || w.grade == health.GradeOK {
			text += fmt.Sprintf("%s%d %s%s", comma, n, w.word, reasonCounts(s.reasons[w.grade]))
			comma = ", "
		}
	}
	return text
}

// reasonCounts words how often each reason was given, the most frequent first.
func reasonCounts(reasons map[health.Reason]int) string {
	text := ""
	frequent := func(a, b health.Reason) int { return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b)) }
	for _, r := range slices.SortedFunc(maps.Keys(reasons), frequent) {
		if text != "" {
			text += ", "
		}
		text += string(r)
		if len(reasons) > 1 {
			text += fmt.Sprintf(" %d", reasons[r])
		}
	}
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
