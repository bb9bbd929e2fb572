package term

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
)

// A Report is what one command shows of a view.
type Report struct {
	Name  string // of the command, for the head of a live screen
	Table func(v *board.View, terminal bool) Table
	JSON  func(v *board.View) any    // nil: the report is a table
	Lines func(v *board.View) []Line // what the table cannot say
	// Summary is one line for people; pipes do not get it.
	Summary func(v *board.View) Line
}

// A Look returns what is true now.
type Look func(context.Context) (*board.View, error)

// Once shows a view: the table on out, remarks on errs, so that a pipe gets
// the table alone. JSON holds all there is to say.
func (r Report) Once(v *board.View, out, errs io.Writer) error {
	if r.JSON != nil {
		return writeJSON(out, r.JSON(v), true)
	}
	if err := r.table(v, out); err != nil {
		return err
	}
	return r.remarks(v, out, errs)
}

func (r Report) table(v *board.View, out io.Writer) error {
	s := ScreenOf(out, os.Getenv)
	t := r.Table(v, s.Terminal)
	if s.Terminal && len(t.Rows) == 0 {
		return nil
	}
	_, err := io.WriteString(out, strings.Join(t.Lines(s), "\n")+"\n")
	return err
}

func (r Report) remarks(v *board.View, out, errs io.Writer) error {
	lines := r.Lines(v)
	if s := ScreenOf(out, os.Getenv); s.Terminal {
		lines = append(lines, r.foot(v, s)...)
	}
	return writeLines(errs, ScreenOf(errs, os.Getenv), lines)
}

// foot returns the lines for people: what there was no space for, and the
// summary.
func (r Report) foot(v *board.View, s Screen) []Line {
	var lines []Line
	t := r.Table(v, s.Terminal)
	if dropped := t.Dropped(s); len(dropped) > 0 {
		lines = append(lines, Line{Text: "no space for " + strings.Join(dropped, ", "), Tone: Faint})
	}
	return append(lines, r.Summary(v))
}

// Watch shows a look every interval until ctx ends: in place on a terminal, one
// after the other elsewhere, as JSON on one line each or as tables with a line
// that says when between them. The end of ctx is no error.
func (r Report) Watch(ctx context.Context, look Look, every time.Duration, out, errs io.Writer) error {
	var err error
	if s := ScreenOf(out, os.Getenv); s.Redraw && r.JSON == nil {
		err = r.live(ctx, look, every, out.(*os.File))
	} else {
		err = r.stream(ctx, look, every, out, errs)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// stream shows one look after the other. What could not be seen is told once,
// and again when it changes.
func (r Report) stream(ctx context.Context, look Look, every time.Duration, out, errs io.Writer) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	told := ""
	for ctx.Err() == nil { // asked first: of two things that are ready, select takes either
		v, err := look(ctx)
		if err != nil {
			return err
		}
		if r.JSON != nil {
			err = writeJSON(out, r.JSON(v), false)
		} else {
			told, err = r.next(v, told, out, errs)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// next shows one table of a stream and returns what has been told.
func (r Report) next(v *board.View, told string, out, errs io.Writer) (string, error) {
	if _, err := fmt.Fprintf(out, "--- %s %s\n", v.Look.ListenersAt.Format(time.RFC3339), foreign.Text(v.Machine.Host)); err != nil {
		return told, err
	}
	if err := r.table(v, out); err != nil {
		return told, err
	}
	tell := fmt.Sprint(v.Degraded)
	if tell == told {
		return told, nil
	}
	return tell, writeLines(errs, ScreenOf(errs, os.Getenv), r.Lines(v))
}
