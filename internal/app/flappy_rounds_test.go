package app

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// hear tells r what a host said in its next rounds: + passed, - refused,
// ? could not be judged.
func hear(r *rounds, host int, letters string) {
	spec := r.options.spec(fmt.Sprint(host), r.hosts[host])
	for _, letter := range letters {
		result := map[rune]health.Result{
			'+': {Verdict: health.Pass},
			'-': {Verdict: health.Fail, Reason: health.Refused, Text: "10.0.0.5:80: connection refused"},
			'?': {Verdict: health.Indeterminate, Reason: health.LocalFDs, Text: "too many open files"},
		}[letter]
		r.Check(&health.State{Spec: spec, Last: &result})
	}
}

func hostsNamed(names string) []flappyHost {
	hosts, err := parseHosts(strings.Fields(names), 80)
	if err != nil {
		panic(err)
	}
	return hosts
}

// TestLinesComeInOrderAsSoonAsTheyCan: a host that is done waits for those
// before it and for nobody else.
func TestLinesComeInOrderAsSoonAsTheyCan(t *testing.T) {
	read, write := io.Pipe()
	r := newRounds(FlappyOptions{Checks: 2}, hostsNamed("a b c a"), write, io.Discard)
	asked, printed := make(chan error), make(chan error, 1)
	go func() {
		printed <- r.print(asked)
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	next := func() string {
		if !lines.Scan() {
			return "end"
		}
		return strings.TrimPrefix(lines.Text(), "service using port 80 on host ")
	}
	r.Check(&health.State{Spec: r.options.spec("0", r.hosts[0])}) // it was added, and has no result
	hear(r, 1, "+-")
	hear(r, 3, "--")
	hear(r, 0, "+")
	hear(r, 2, "+")
	hear(r, 0, "+")
	for _, want := range []string{"a is reporting ok", "b is flappy"} {
		if got := next(); got != want {
			t.Fatalf("line %q, want %q", got, want)
		}
	}
	hear(r, 2, "+")
	for _, want := range []string{"c is reporting ok", "a is DOWN"} {
		if got := next(); got != want {
			t.Fatalf("line %q, want %q", got, want)
		}
	}
	asked <- nil
	if got := next(); got != "end" {
		t.Errorf("another line: %q", got)
	}
	if err := <-printed; err != nil {
		t.Error(err)
	}
}

// TestResultsFromManyGoroutines are all counted, and every host is printed
// once.
func TestResultsFromManyGoroutines(t *testing.T) {
	var out strings.Builder
	r := newRounds(FlappyOptions{Checks: 20}, hostsNamed(strings.Repeat("h ", 50)), &out, io.Discard)
	asked, printed := make(chan error), make(chan error, 1)
	go func() { printed <- r.print(asked) }()
	var wg sync.WaitGroup
	for i := range r.hosts {
		wg.Go(func() { hear(r, i, strings.Repeat("+", 20)) })
	}
	wg.Wait()
	asked <- nil
	if err := <-printed; err != nil {
		t.Fatal(err)
	}
	if err := r.finish(false); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), " is reporting ok\n"); n != 50 || r.outcome != 0 {
		t.Errorf("%d lines, outcome %d", n, r.outcome)
	}
}

// TestTheOutcomeIsThatOfTheWorst: some down before some that could not be
// judged before some flappy.
func TestTheOutcomeIsThatOfTheWorst(t *testing.T) {
	tests := []struct {
		hosts string
		want  Outcome
	}{
		{"++ ++", 0}, {"++ +?", 0}, {"++ +-", Doubtful}, {"++ ??", Untold}, {"++ --", Down}, {"++ -?", Down},
		{"+- ??", Untold}, {"?? +-", Untold}, {"+- --", Down}, {"-- ??", Down}, {"?? --", Down}, {"-- ?? +- ++", Down},
	}
	for _, tt := range tests {
		r := newRounds(FlappyOptions{Checks: 2}, hostsNamed(strings.Repeat("h ", len(strings.Fields(tt.hosts)))), io.Discard, io.Discard)
		for i, letters := range strings.Fields(tt.hosts) {
			hear(r, i, letters)
		}
		if err := r.finish(false); err != nil {
			t.Fatal(err)
		}
		if r.outcome != tt.want {
			t.Errorf("%s: outcome %d, want %d", tt.hosts, r.outcome, tt.want)
		}
	}
}

// TestWhatIsSaidAtTheEnd, on standard error.
func TestWhatIsSaidAtTheEnd(t *testing.T) {
	many := strings.TrimSpace(strings.Repeat("-- ", 12))
	tests := []struct {
		name, hosts string
		interrupted bool
		want        string
	}{
		{"one that is well: nothing", "++", false, ""},
		{"one that is down: why, and what to do", "--", false,
			"h1: refused: 10.0.0.5:80: connection refused; the host answers, but nothing listens on that port: see `portreeve ports` there\n"},
		{"several: why of each, and a summary", "++ -- +-", false,
			"h2: refused: 10.0.0.5:80: connection refused\nh3: failed 1 of 2: refused: 10.0.0.5:80: connection refused\n" +
				"3 hosts: 1 ok, 1 flappy (refused), 1 DOWN (refused); 2 checks of each in 0s\n"},
		{"many: why of ten", many, false,
			numbered("h%d: refused: 10.0.0.5:80: connection refused\n", 10) +
				"and 2 more; --json tells why of each\n12 hosts: 0 ok, 12 DOWN (refused); 2 checks of each in 0s\n"},
		{"the end of one before its time", "+", true, "interrupted after 0s, in round 2 of 2; 1 host: 1 ok\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var errs strings.Builder
			fields := strings.Fields(tt.hosts)
			r := newRounds(FlappyOptions{Checks: 2}, hostsNamed(numbered("h%d ", len(fields))), io.Discard, &errs)
			for i, letters := range fields {
				hear(r, i, letters)
			}
			if err := r.finish(tt.interrupted); err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(errs.String(), "portreeve: ", ""); got != strings.ReplaceAll(tt.want, "portreeve: ", "") {
				t.Errorf("said %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestASummaryOfOneRoundIsInTheSingular(t *testing.T) {
	r := newRounds(FlappyOptions{Checks: 1}, hostsNamed("a b"), io.Discard, io.Discard)
	if got := r.summing(false); got != "0 hosts: 0 ok; one check of each in 0s" {
		t.Errorf("said %s", got)
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i+1)
	}
	return b.String()
}

func TestTheFirstRoundIsSpreadALittle(t *testing.T) {
	tests := []struct {
		hosts   int
		seconds float64
		want    time.Duration
	}{
		{2, 5, 200 * time.Microsecond}, {10_000, 5, time.Second}, {10_000, 0.5, 500 * time.Millisecond}, {100_000, 5, 5 * time.Second},
	}
	for _, tt := range tests {
		r := newRounds(FlappyOptions{Seconds: tt.seconds}, make([]flappyHost, tt.hosts), io.Discard, io.Discard)
		if got := r.spread(); got != tt.want {
			t.Errorf("%d hosts every %v s: spread over %v, want %v", tt.hosts, tt.seconds, got, tt.want)
		}
	}
}

func TestProgressTellsRoundsAndHosts(t *testing.T) {
	r := newRounds(FlappyOptions{Checks: 2}, hostsNamed("a b"), io.Discard, io.Discard)
	steps := []struct {
		host int
		want string
	}{{0, "round 1 of 2 · 0 of 2 hosts judged"}, {1, "round 2 of 2 · 0 of 2 hosts judged"}, {1, "round 2 of 2 · 1 of 2 hosts judged"}, {0, "round 2 of 2 · 2 of 2 hosts judged"}}
	for i, s := range steps {
		if hear(r, s.host, "+"); r.stand() != s.want {
			t.Errorf("after %d answers: %s, want %s", i+1, r.stand(), s.want)
		}
	}
}

// A fullDisk refuses every write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestALineThatCannotBeWrittenEndsIt(t *testing.T) {
	r := newRounds(FlappyOptions{Checks: 1}, hostsNamed("a b"), fullDisk{}, io.Discard)
	hear(r, 0, "+")
	if err := r.print(make(chan error)); err != io.ErrShortWrite {
		t.Errorf("print = %v", err)
	}
}
