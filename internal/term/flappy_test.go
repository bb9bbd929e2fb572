package term

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// rounds returns how a host did whose rounds are letters: + passed, - was
// refused, t was silent, ? could not be judged.
func rounds(host string, letters string) Flappy {
	f := Flappy{Host: host, Port: 8080}
	for i, letter := range letters {
		r := map[rune]health.Result{
			'+': {Verdict: health.Pass},
			'-': {Verdict: health.Fail, Reason: health.Refused, Text: "10.0.0.5:8080: connection refused"},
			't': {Verdict: health.Fail, Reason: health.Timeout, Text: "10.0.0.5:8080: no answer in 2s"},
			'?': {Verdict: health.Indeterminate, Reason: health.LocalFDs, Text: "10.0.0.5:8080: too many open files"},
		}[letter]
		r.Check, r.At, r.Took = "tcp://"+host+":8080", time.Unix(int64(i), 0).UTC(), health.Duration(time.Millisecond)
		f.Tally.Add(r)
	}
	return f
}

// TestFlappyLines are those that scripts read, word for word.
func TestFlappyLines(t *testing.T) {
	tests := []struct{ rounds, want string }{
		{"+++++", "service using port 8080 on host db1 is reporting ok"},
		{"-----", "service using port 8080 on host db1 is DOWN"},
		{"--t--", "service using port 8080 on host db1 is DOWN"},
		{"+-+++", "service using port 8080 on host db1 is flappy"},
		{"?????", "service using port 8080 on host db1 could not be checked: local_fds"},
		{"?????+", "service using port 8080 on host db1 is reporting ok"},
		{"????-", "service using port 8080 on host db1 is DOWN"},
		{"", "service using port 8080 on host db1 could not be checked: interrupted"},
	}
	for _, tt := range tests {
		f := rounds("db1", tt.rounds)
		if got := f.Line(Screen{}); got != tt.want {
			t.Errorf("%q: %s\nwant %s", tt.rounds, got, tt.want)
		}
		coloured := f.Line(Screen{Terminal: true, Color: true})
		if uncoloured(coloured) != tt.want || coloured == tt.want {
			t.Errorf("%q on a terminal: %q", tt.rounds, coloured)
		}
	}
}

func TestFlappyWhy(t *testing.T) {
	tests := []struct{ rounds, want string }{
		{"+++", ""},
		{"++?", ""},
		{"", ""},
		{"---", "db1: refused: 10.0.0.5:8080: connection refused"},
		{"+-t+", "db1: failed 2 of 4: timeout: 10.0.0.5:8080: no answer in 2s"},
		{"???", "db1: local_fds: 10.0.0.5:8080: too many open files"},
	}
	for _, tt := range tests {
		why, ok := rounds("db1", tt.rounds).Why()
		if why.Text != tt.want || ok != (tt.want != "") || ok && why.Hint == "" {
			t.Errorf("%q: %+v, %v, want %q", tt.rounds, why, ok, tt.want)
		}
	}
}

func TestFlappyJSON(t *testing.T) {
	var b strings.Builder
	for _, letters := range []string{"+++++", "+-t+?", "-----", "??", ""} {
		if err := WriteFlappyJSON(&b, rounds("db1", letters)); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "flappy-json", b.String())
	for line := range strings.Lines(b.String()) {
		var item struct {
			Host, Grade              string
			Passed, Failed, Unjudged *int
		}
		if err := json.Unmarshal([]byte(line), &item); err != nil || item.Host != "db1" || item.Grade == "" || item.Passed == nil || item.Failed == nil || item.Unjudged == nil {
			t.Errorf("%s is read as %+v, %v", line, item, err)
		}
	}
}

func TestFlappySummary(t *testing.T) {
	tests := []struct{ hosts, want string }{
		{"++", "1 host: 1 ok"},
		{"++ ++ ++", "3 hosts: 3 ok"},
		{"++ +?", "2 hosts: 2 ok"},
		{"-- --", "2 hosts: 0 ok, 2 DOWN (refused)"},
		{"++ +- -- t? tt ?? +t", "7 hosts: 1 ok, 2 flappy (refused 1, timeout 1), 3 DOWN (timeout 2, refused 1), 1 could not be checked (local_fds)"},
	}
	for _, tt := range tests {
		var s FlappySummary
		for _, letters := range strings.Fields(tt.hosts) {
			s.Add(rounds("db1", letters))
		}
		if got := s.String(); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.hosts, got, tt.want)
		}
	}
	var s FlappySummary
	s.Add(rounds("db1", ""))
	if got, want := s.String(), "1 host: 0 ok, 1 could not be checked (interrupted)"; got != want {
		t.Errorf("not asked: %s, want %s", got, want)
	}
}

// TestHostsCannotActOnTheTerminal, though the reader of lists lets none through
// that could.
func TestHostsCannotActOnTheTerminal(t *testing.T) {
	f := rounds("a\x1b[31mb\n", "--")
	why, _ := f.Why()
	for _, text := range []string{f.Line(Screen{}), why.Text} {
		if strings.ContainsAny(text, "\x1b\n") {
			t.Errorf("%q acts on a terminal", text)
		}
	}
}
