package term

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
)

// Control sequences of ECMA-48 and, with a question mark, of xterm that every
// terminal emulator of today knows.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l" // alternate screen, no cursor, no wrapping
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	home        = "\x1b[H"
	eraseLine   = "\x1b[K"
	eraseBelow  = "\x1b[J"
)

// live shows a look every interval in place until ctx ends. The terminal gets
// its own screen back whatever happens, also while we are stopped by Ctrl-Z.
func (r Report) live(ctx context.Context, look Look, every time.Duration, out *os.File) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH, syscall.SIGTSTP)
	defer signal.Stop(signals)
	tick := time.NewTicker(every)
	defer tick.Stop()
	f := frame{report: r, every: every}
	v, err := look(ctx) // first, so that its error stays on the user's own screen
	if err != nil {
		return err
	}
	if _, err := out.WriteString(enterScreen); err != nil {
		return err
	}
	defer leave(out)
	for {
		f.take(v)
		if err := f.show(ctx, out, tick.C, signals); err != nil || ctx.Err() != nil {
			return err
		}
		if v, err = look(ctx); err != nil {
			return err
		}
	}
}

// show shows the frame until the next tick, anew when the terminal has changed.
func (f *frame) show(ctx context.Context, out *os.File, tick <-chan time.Time, signals <-chan os.Signal) error {
	for {
		if err := f.draw(out); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			return nil
		case s := <-signals:
			if s != syscall.SIGTSTP {
				continue
			}
			if err := suspend(out); err != nil {
				return err
			}
		}
	}
}

// leave gives the terminal back. It is the last we do, so an error has no one
// to tell.
func leave(out *os.File) { _, _ = out.WriteString(leaveScreen) }

// suspend gives the terminal back and stops this process until it is
// continued. Being stopped takes effect some time after the call, so we wait
// for the signal that ends it.
func suspend(out *os.File) error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	leave(out)
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGSTOP); err != nil {
		return err
	}
	<-continued
	_, err := out.WriteString(enterScreen)
	return err
}

// A frame is what a live screen shows now.
type frame struct {
	report Report
	every  time.Duration
	view   *board.View
	table  Table
	drawn  bool
}

// take makes v what is shown, with what changed marked.
func (f *frame) take(v *board.View) {
	before := f.table
	f.view, f.table = v, f.report.Table(v, true)
	if f.drawn {
		f.table.Mark(&before)
	}
	f.drawn = true
}

// draw writes the frame in one piece, so that it does not flicker.
func (f *frame) draw(out *os.File) error {
	var b strings.Builder
	b.WriteString(home)
	for i, line := range f.lines(ScreenOf(out, os.Getenv)) {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(eraseLine + line)
	}
	b.WriteString(eraseBelow)
	_, err := out.WriteString(b.String())
	return err
}

// lines returns the lines of the screen: head and summary, as much of the table
// as there is space for, and remarks.
func (f *frame) lines(s Screen) []string {
	head := fmt.Sprintf("portreeve %s  %s  %s  every %s, Ctrl-C ends",
		f.report.Name, foreign.Text(f.view.Machine.Host), f.view.Look.ListenersAt.Format(time.TimeOnly), f.every)
	top := []string{s.paint(clip(head, s.Width), Faint)}
	top = append(top, f.report.Summary(f.view).lines(s)...)
	top = append(top, "")
	var foot []string
	for _, l := range f.report.Lines(f.view) {
		foot = append(foot, l.lines(s)...)
	}
	rows := f.table.Lines(s)
	if space := s.Height - len(top) - len(foot) - 1; len(rows) > space {
		foot = nil // remarks yield to rows; they are told when there is space
	}
	if space := max(s.Height-len(top)-len(foot), 2); len(rows) > space {
		more := len(rows) - space + 1
		rows = append(rows[:space-1], s.paint(clip(fmt.Sprintf("… %d more lines: filter, or enlarge the terminal", more), s.Width), Faint))
	}
	if len(foot) > 0 {
		foot = append([]string{""}, foot...)
	}
	lines := append(append(top, rows...), foot...)
	return lines[:min(len(lines), s.Height)]
}
