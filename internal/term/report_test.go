package term

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// byPort is the report that these tests show.
func byPort(asJSON bool) Report {
	r := Report{
		Name:    "conns",
		Table:   func(v *board.View, _ bool) Table { return ConnsByPort(v.ConnectionsByPort(8500)) },
		Lines:   Blind,
		Summary: func(v *board.View) Line { return ConnsSummary(v, 8500) },
	}
	if asJSON {
		r.JSON = func(v *board.View) any { return board.NewReport(v, v.ConnectionsByPort(8500)) }
	}
	return r
}

func TestOnceGivesAPipeTheTableAlone(t *testing.T) {
	var out, errs bytes.Buffer
	if err := byPort(false).Once(machine(263), &out, &errs); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines, want titles and a row:\n%s", n, out.String())
	}
	if got, want := errs.String(), "portreeve: the owner of 1 listening socket is unknown: missing CAP_SYS_PTRACE; run as root\n"; got != want {
		t.Errorf("remarks %q, want %q", got, want)
	}
}

func TestOnceGivesJSONAlone(t *testing.T) {
	var out, errs bytes.Buffer
	if err := byPort(true).Once(machine(263), &out, &errs); err != nil {
		t.Fatal(err)
	}
	var report board.Report[board.PortConnections]
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if got := report.Items[0].Total.Established; got != 263 || len(report.Degraded) != 1 || errs.Len() != 0 {
		t.Errorf("%d established, degraded %v, remarks %q", got, report.Degraded, errs.String())
	}
}

// looks returns a Look that sees one view after the other and then ends ctx.
func looks(cancel context.CancelFunc, views ...*board.View) Look {
	return func(context.Context) (*board.View, error) {
		v := views[0]
		if views = views[1:]; len(views) == 0 {
			cancel()
		}
		return v, nil
	}
}

func TestWatchOnAPipeIsAStream(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blind := *machine(12)
	blind.Degraded = append([]port.Degraded{{Text: "blind"}}, blind.Degraded...)
	var out, errs bytes.Buffer
	look := looks(cancel, machine(10), machine(11), &blind)
	if err := byPort(false).Watch(ctx, look, time.Millisecond, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "--- 2026-03-01T10:04:05Z web-07\nPORT "); got != 3 {
		t.Errorf("%d tables, want 3, each under a line that says when:\n%s", got, out.String())
	}
	if got := strings.Count(errs.String(), "is unknown"); got != 2 {
		t.Errorf("told %d times what could not be seen, want once and again when it changed:\n%s", got, errs.String())
	}
}

func TestWatchAsJSONIsALineEach(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	if err := byPort(true).Watch(ctx, looks(cancel, machine(10), machine(11)), time.Millisecond, &out, &errs); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(out.String(), "\n")
	for i, want := range []uint32{10, 11} {
		var report board.Report[board.PortConnections]
		if err := json.Unmarshal([]byte(lines[i]), &report); err != nil || report.Items[0].Total.Established != want {
			t.Errorf("line %d is %q, %v; want %d established", i, lines[i], err, want)
		}
	}
}

func TestWatchEndsWithTheErrorOfALook(t *testing.T) {
	want := errors.New("kernel gone")
	look := func(context.Context) (*board.View, error) { return nil, want }
	if err := byPort(false).Watch(t.Context(), look, time.Millisecond, &bytes.Buffer{}, &bytes.Buffer{}); !errors.Is(err, want) {
		t.Errorf("Watch = %v, want %v", err, want)
	}
}

// gone is a reader that went away.
type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAReaderThatWentAwayEndsEverything(t *testing.T) {
	look := func(context.Context) (*board.View, error) { return machine(1), nil }
	for _, asJSON := range []bool{false, true} {
		if err := byPort(asJSON).Watch(t.Context(), look, time.Millisecond, gone{}, &bytes.Buffer{}); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Watch = %v, want EPIPE", err)
		}
		if err := byPort(asJSON).Once(machine(1), gone{}, &bytes.Buffer{}); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Once = %v, want EPIPE", err)
		}
	}
}
