package metrics

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// The series of checks are written straight into the answer: with 10,000
// checks they are a hundred thousand lines, for each of which client_golang's
// registry would make, sort and keep a message.

// A family is one metric of checks: its lines for one state follow those for
// the one before.
type family struct {
	name, kind, help string
	lines            func(w *lines, st *health.State)
}

// checkFamilies lists what is told of each check: to add a metric, add a line. The
// lines of a family must stand together.
func checkFamilies() []family {
	return []family{
		{"check_up", "gauge", "Whether the target is believed to be up; absent while unknown, and while nobody asks.", (*lines).up},
		{"check_state", "gauge", "What is believed of the target: 1 for the present state.", (*lines).state},
		{"check_flapping", "gauge", "Whether the results change too often to be believed.", (*lines).flapping},
		{"check_paused", "gauge", "Whether nobody asks, since somebody wanted it so.", (*lines).paused},
		{"check_consecutive_failures", "gauge", "Failed results in a row.", (*lines).failures},
		{"check_last_change_timestamp_seconds", "gauge", "When the state last changed.", (*lines).changed},
		{"check_transitions_total", "counter", "Moves to a state; those that happened.", (*lines).moves},
		{"check_unknown_total", "counter", "Results that are void for a fault of our own, by reason; those that happened.", (*lines).unknown},
	}
}

// flushAt is when lines are passed on.
const flushAt = 32 << 10

// Lines are the text format of Prometheus, version 0.0.4, on its way out. The
// first error stays.
type lines struct {
	out  func([]byte) error
	buf  []byte
	err  error
	name string // of the family, with its prefix
}

// writeChecks writes every family of checks.
func writeChecks(out func([]byte) error, states []*health.State) error {
	if len(states) == 0 {
		return nil
	}
	w := &lines{out: out, buf: make([]byte, 0, flushAt+4096)}
	for _, f := range checkFamilies() {
		w.name = prefix + f.name
		w.buf = append(w.buf, "# HELP "+w.name+" "+f.help+"\n# TYPE "+w.name+" "+f.kind+"\n"...)
		for _, st := range states {
			if !board.IsSelf(st) { // nobody's target, and told as self_problem
				f.lines(w, st)
			}
			if len(w.buf) >= flushAt {
				w.flush()
			}
			if w.err != nil {
				return w.err
			}
		}
	}
	w.flush()
	return w.err
}

func (w *lines) flush() {
	if w.err == nil {
		w.err = w.out(w.buf)
	}
	w.buf = w.buf[:0]
}

// add writes one line; an empty label name is none.
func (w *lines) add(st *health.State, label, value string, v float64) {
	w.buf = append(w.buf, w.name...)
	w.buf = append(w.buf, `{check="`...)
	w.buf = appendLabel(w.buf, st.Spec.Name)
	if label != "" {
		w.buf = append(append(append(w.buf, `",`...), label...), `="`...)
		w.buf = appendLabel(w.buf, value)
	}
	w.buf = append(w.buf, `"} `...)
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		w.buf = strconv.AppendInt(w.buf, int64(v), 10)
	} else {
		w.buf = strconv.AppendFloat(w.buf, v, 'f', -1, 64)
	}
	w.buf = append(w.buf, '\n')
}

// appendLabel writes a value as the format wants it. The name of a check is
// plain by its rule; what is not is made harmless like all foreign text.
func appendLabel(buf []byte, value string) []byte {
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(buf, labelEscaper.Replace(text(foreign.Text(value)))...)
		}
	}
	return append(buf, value...)
}

var labelEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// selfProblems adds what portreeve cannot do now, every reason at all times.
func (s sheet) selfProblems(states []*health.State) {
	on := map[health.Reason]bool{}
	for _, st := range states {
		if board.IsSelf(st) && board.Urgency(st) > 0 {
			on[health.Reason(strings.TrimPrefix(st.Spec.Name, health.SelfPrefix))] = true
		}
	}
	for _, reason := range health.LocalReasons() {
		s.gauge(s.selfProblem, number(on[reason]), string(reason))
	}
}

// up is absent while it is not known: neither 0 nor 1 would be true, and 0 a
// false alarm.
func (w *lines) up(st *health.State) {
	if st.Status != health.Unknown {
		w.add(st, "", "", number(st.Status.Up()))
	}
}

func (w *lines) state(st *health.State) {
	for _, status := range health.Statuses() {
		w.add(st, "state", lower(status), number(st.Status == status))
	}
}

// lower returns a status as labels have it, without making a new string.
func lower(s health.Status) string {
	switch s {
	case health.Healthy:
		return "healthy"
	case health.Degrading:
		return "degrading"
	case health.Unhealthy:
		return "unhealthy"
	}
	return "unknown"
}

func (w *lines) flapping(st *health.State) { w.add(st, "", "", number(st.Has(health.Flapping))) }
func (w *lines) paused(st *health.State)   { w.add(st, "", "", number(st.Has(health.Paused))) }
func (w *lines) failures(st *health.State) { w.add(st, "", "", float64(st.Fails)) }

func (w *lines) changed(st *health.State) {
	if !st.Since.IsZero() {
		w.add(st, "", "", seconds(st.Since))
	}
}

func (w *lines) moves(st *health.State) {
	for _, status := range health.Statuses() {
		if n := st.Moves.To(status); n > 0 {
			w.add(st, "to", lower(status), float64(n))
		}
	}
}

func (w *lines) unknown(st *health.State) {
	if len(st.Unknowns) == 0 {
		return
	}
	for _, reason := range slices.Sorted(maps.Keys(st.Unknowns)) {
		w.add(st, "reason", string(reason), float64(st.Unknowns[reason]))
	}
}
