package term

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// screens are the places where tables are shown.
var screens = map[string]Screen{
	"pipe":   {},
	"wide":   {Terminal: true, Width: 200},
	"colour": {Terminal: true, Width: 200, Color: true},
	"80":     {Terminal: true, Width: 80},
	"40":     {Terminal: true, Width: 40},
}

func TestTables(t *testing.T) {
	v := machine(263)
	rows := v.Listing(port.Filter{}, "")
	tables := map[string]func(terminal bool) Table{
		"ports":            func(terminal bool) Table { return Ports(Calm(rows), now, terminal) },
		"conns":            func(bool) Table { return ConnsByPort(v.ConnectionsByPort(0)) },
		"conns-by-client":  func(bool) Table { return ConnsByClient(v.ConnectionsByClient(0), v) },
		"conns-by-process": func(bool) Table { return ConnsByProcess(v.ConnectionsByProcess(0)) },
		"conns-by-state":   func(terminal bool) Table { return ConnsByState(ByState(v, 0), terminal) },
		"conns-idle-state": func(terminal bool) Table { return ConnsByState(ByState(v, 9999), terminal) },
	}
	for name, table := range tables {
		for place, s := range screens {
			tt := table(s.Terminal)
			golden(t, name+"-"+place, strings.Join(tt.Lines(s), "\n")+"\n")
		}
	}
}

func TestCalmLeavesOutWhatCannotBeReached(t *testing.T) {
	rows := machine(0).Listing(port.Filter{}, "")
	var out []uint16
	for _, l := range rows {
		if !slices.ContainsFunc(Calm(rows), func(m port.Listener) bool { return m.ID == l.ID }) {
			out = append(out, l.Port)
		}
	}
	if !slices.Equal(out, []uint16{40001}) {
		t.Errorf("left out %v, want the loopback listener of the other namespace, 40001", out)
	}
	for i := range rows {
		rows[i].State = port.Trouble
	}
	if got := len(Calm(rows)); got != len(rows) {
		t.Errorf("%d of %d rows with problems are shown", got, len(rows))
	}
}

func TestRemarks(t *testing.T) {
	v := machine(263)
	rows := v.Listing(port.Filter{}, "")
	lines := PortsLines(v, len(rows), len(Calm(rows)))
	lines = append(lines, PortsLines(&board.View{Listeners: rows}, 0, 0)...)
	lines = append(lines, Summary(v), Summary(&board.View{}), ConnsSummary(v, 0), ConnsSummary(v, 9999))
	for place, s := range screens {
		var b strings.Builder
		if err := writeLines(&b, s, lines); err != nil {
			t.Fatal(err)
		}
		golden(t, "remarks-"+place, b.String())
	}
}

func TestExpect(t *testing.T) {
	v := machine(0)
	golden(t, "expect", Expect(v, v.Listing(port.Filter{}, "port")))
	golden(t, "expect-nothing", Expect(v, nil))
}

// golden compares a text with a file, and demands that nothing in it but our
// own colours acts on a terminal.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for line := range strings.Lines(got) {
		line = uncoloured(strings.TrimSuffix(line, "\n"))
		if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%s: not printable: %q", name, line[i:])
		}
	}
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (run with -update to accept):\n%s", name, diff)
	}
}

// uncoloured takes the colours of [Screen.paint] off a line.
func uncoloured(line string) string {
	for _, tone := range []Tone{Strong, Faint, Changed, Bad, Good, Caution, Unseen} {
		line = strings.ReplaceAll(line, "\x1b["+string(tone)+"m", "")
	}
	return strings.ReplaceAll(line, "\x1b[0m", "")
}
