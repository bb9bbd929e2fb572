package app

import (
	"errors"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// TestFilterWords: every word is a term, or becomes one with a value, and no
// key of the grammar is missing.
func TestFilterWords(t *testing.T) {
	values := map[string]string{"port:": "80", "addr:": "::1", "pid:": "1"}
	keys := map[string]bool{}
	for _, w := range FilterWords() {
		term := w
		if strings.HasSuffix(w, ":") {
			term += "x"
			if v, ok := values[w]; ok {
				term = w + v
			}
		}
		if _, err := port.ParseFilter(term); err != nil {
			t.Errorf("%q is offered, but %q is wrong: %v", w, term, err)
		}
		key, _, _ := strings.Cut(w, ":")
		keys[key] = true
	}
	_, err := port.ParseFilter("quite-another:x")
	var wrong *port.FilterError
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	for _, key := range strings.Split(strings.TrimPrefix(wrong.Advice, "keys are "), ", ") {
		if !keys[key] {
			t.Errorf("the key %q is not offered", key)
		}
	}
}

func TestFilteringShowsWhatCalmHides(t *testing.T) {
	rows := []port.Listener{{ID: "own", Port: 80, Scope: port.All}, {ID: "inside", Port: 81, Scope: port.Loopback, Foreign: true}}
	v := &board.View{Listeners: rows}
	tests := []struct {
		name    string
		options PortsOptions
		rows    int
	}{
		{"by itself", PortsOptions{}, 1},
		{"--all", PortsOptions{All: true}, 2},
		{"a filter", PortsOptions{Filter: []string{"port:80-81"}}, 2},
	}
	for _, tt := range tests {
		q, err := tt.options.query()
		if err != nil {
			t.Fatal(err)
		}
		r := q.report(tt.options.JSON)
		table := r.Table(v, false)
		if got := len(table.Rows); got != tt.rows {
			t.Errorf("%s: %d rows, want %d", tt.name, got, tt.rows)
		}
		if told := len(r.Lines(v)); told != 2-tt.rows {
			t.Errorf("%s: %d remarks about hidden rows", tt.name, told)
		}
	}
	q, _ := PortsOptions{JSON: true}.query()
	if got := len(q.report(true).JSON(v).(board.Report[port.Listener]).Items); got != 2 {
		t.Errorf("JSON has %d items, want all", got)
	}
}

func TestWordsThatAreWrongAreUsageErrors(t *testing.T) {
	options := []PortsOptions{{Filter: []string{"prot:80"}}, {Sort: "prt"}, {Accept: true, JSON: true}, {Accept: true, Watch: true}}
	for _, o := range options {
		_, err := o.query()
		if !usageWithHint(err) {
			t.Errorf("%+v: %v is no UsageError with a hint", o, err)
		}
	}
}

func usageWithHint(err error) bool {
	var usage UsageError
	var hinted interface{ Hint() string }
	return errors.As(err, &usage) && errors.As(err, &hinted) && hinted.Hint() != ""
}
