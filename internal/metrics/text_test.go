package metrics

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// hostile is what processes may call themselves.
var hostile = []string{
	"nginx", "<img src=x onerror=alert(1)>", "a\x1b[31mred\x1b]0;title\x07", "two\nlines 1\n# TYPE x counter", "\r\n", `"} 1`, `back\slash\`, `\n`,
	"\xff\xfe", "a\xc0\xaf", "größe-サーバ", "\u202egpj.exe", "a,b", "{}", "", " ", "\x00", strings.Repeat("x", 4096), strings.Repeat("\xf0\x28", 999),
}

// process returns the process that listener_info tells of the only listener,
// as Prometheus' own parser reads it.
func process(t tb, v board.View) string {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(expose(t, v, Options{})))
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	info := families[prefix+"listener_info"].GetMetric()
	if len(info) != 1 {
		t.Fatalf("%d series of listener_info", len(info))
	}
	for _, l := range info[0].GetLabel() {
		if l.GetName() == "process" {
			return l.GetValue()
		}
	}
	t.Fatalf("no process")
	return ""
}

// checkLabel demands that name comes out as text that is valid, short and
// harmless, and unchanged where it was so already.
func checkLabel(t tb, name string) {
	t.Helper()
	got := process(t, viewOf(listener(port.TCP, 80, name, "0.0.0.0")))
	switch safe := foreign.Text(name).String(); {
	case !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxRunes:
		t.Fatalf("process %q is told as %q", name, got)
	case strings.ContainsAny(got, "\x1b\n\r\x00\x07\u202e"):
		t.Fatalf("process %q is told as %q: harmful on a terminal", name, got)
	case utf8.RuneCountInString(safe) <= maxRunes && got != safe:
		t.Fatalf("process %q is told as %q, want %q", name, got, safe)
	}
}

func TestHostileLabels(t *testing.T) {
	for _, name := range hostile {
		checkLabel(t, name)
	}
	markup := hostile[1]
	if got := process(t, viewOf(listener(port.TCP, 80, markup, "0.0.0.0"))); got != markup {
		t.Errorf("markup is told as %q: nothing here shows it as such", got)
	}
}

func FuzzLabel(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) { checkLabel(t, name) })
}
