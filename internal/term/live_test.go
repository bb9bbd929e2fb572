package term

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/board"
)

// terminal opens a pseudo-terminal of a size: what is written to tty can be
// read from the master.
func terminal(t *testing.T, width, height uint16) (master, tty *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close(); master.Close() })
	resize(t, tty, width, height)
	return master, tty
}

func resize(t *testing.T, tty *os.File, width, height uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height}); err != nil {
		t.Fatal(err)
	}
}

// until reads the terminal until a text has come.
func until(t *testing.T, master *os.File, text string) string {
	t.Helper()
	deadline := time.AfterFunc(10*time.Second, func() { master.Close() })
	defer deadline.Stop()
	var got bytes.Buffer
	buf := make([]byte, 4096)
	for !strings.Contains(got.String(), text) {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatalf("%q did not come: %v, after %q", text, err, got.String())
		}
		got.Write(buf[:n])
	}
	return got.String()
}

// environment is an ordinary terminal's.
func environment(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "")
	t.Setenv("COLUMNS", "")
}

func TestScreenOf(t *testing.T) {
	_, tty := terminal(t, 100, 30)
	tests := []struct {
		name string
		w    io.Writer
		env  map[string]string
		want Screen
	}{
		{"a pipe", &bytes.Buffer{}, map[string]string{"TERM": "xterm", "COLUMNS": "50"}, Screen{}},
		{"a terminal", tty, map[string]string{"TERM": "xterm"}, Screen{Terminal: true, Color: true, Redraw: true, Width: 100, Height: 30}},
		{"NO_COLOR", tty, map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, Screen{Terminal: true, Redraw: true, Width: 100, Height: 30}},
		{"COLUMNS", tty, map[string]string{"TERM": "xterm", "COLUMNS": "50"}, Screen{Terminal: true, Color: true, Redraw: true, Width: 50, Height: 30}},
		{"bad COLUMNS", tty, map[string]string{"TERM": "xterm", "COLUMNS": "-1"}, Screen{Terminal: true, Color: true, Redraw: true, Width: 100, Height: 30}},
		{"a dumb terminal", tty, map[string]string{"TERM": "dumb"}, Screen{Terminal: true, Width: 100, Height: 30}},
		{"an unknown terminal", tty, nil, Screen{Terminal: true, Width: 100, Height: 30}},
	}
	for _, tt := range tests {
		if got := ScreenOf(tt.w, func(key string) string { return tt.env[key] }); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestATerminalGetsTheSummaryToo(t *testing.T) {
	environment(t)
	master, tty := terminal(t, 60, 24)
	if err := byPort(false).Once(machine(263), tty, tty); err != nil {
		t.Fatal(err)
	}
	got := until(t, master, "on this machine 12")
	for _, want := range []string{"263", "run as root", "no space for", "TIME_WAIT"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, got)
		}
	}
}

// TestWatchRedrawsAndGivesTheTerminalBack plays a whole sitting: two looks, a
// resize, the end.
func TestWatchRedrawsAndGivesTheTerminalBack(t *testing.T) {
	environment(t)
	master, tty := terminal(t, 120, 24)
	ctx, cancel := context.WithCancel(t.Context())
	views := make(chan *board.View, 1)
	look := func(ctx context.Context) (*board.View, error) {
		select {
		case v := <-views:
			return v, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- byPort(false).Watch(ctx, look, 20*time.Millisecond, tty, tty) }()

	views <- machine(263)
	first := until(t, master, eraseBelow)
	if !strings.HasPrefix(first, enterScreen) || !strings.Contains(first, "consul.service") {
		t.Errorf("the first screen is %q", first)
	}
	views <- machine(264)
	if second := until(t, master, eraseBelow); !strings.Contains(second, "\x1b[7m264\x1b[0m") {
		t.Errorf("264 is not marked as changed in %q", second)
	}
	resize(t, tty, 40, 10)
	views <- machine(264)
	if third := until(t, master, eraseBelow); strings.Contains(third, "OTHER") || strings.Contains(third, "\x1b[7m264") {
		t.Errorf("the screen of 40 columns, where nothing changed, is %q", third)
	}
	cancel()
	until(t, master, leaveScreen)
	if err := <-ended; err != nil {
		t.Errorf("Watch = %v at the end of ctx, want nil", err)
	}
}

func TestAResizeIsDrawnAtOnce(t *testing.T) {
	environment(t)
	master, tty := terminal(t, 120, 24)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	look := func(context.Context) (*board.View, error) { return machine(263), nil }
	go func() { ended <- byPort(false).Watch(ctx, look, time.Hour, tty, tty) }()
	until(t, master, eraseBelow)
	resize(t, tty, 40, 10)
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil { // as the kernel does in the foreground
		t.Fatal(err)
	}
	if again := until(t, master, eraseBelow); strings.Contains(again, "OTHER") {
		t.Errorf("the screen of 40 columns is %q", again)
	}
	cancel()
	until(t, master, leaveScreen)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestFrameFitsEveryScreen: rows come before remarks where not both fit, and
// what is left out is said.
func TestFrameFitsEveryScreen(t *testing.T) {
	r := Report{
		Name:    "ports",
		Table:   func(v *board.View, terminal bool) Table { return Ports(v.Listeners, now, terminal) },
		Lines:   Blind,
		Summary: Summary,
	}
	f := frame{report: r, every: time.Second}
	f.take(machine(263))
	for height := 1; height < 40; height++ {
		lines := f.lines(Screen{Terminal: true, Redraw: true, Width: 100, Height: height})
		text := strings.Join(lines, "\n")
		all := strings.Contains(text, "44437/tcp")
		switch {
		case len(lines) > height:
			t.Errorf("%d lines on a screen of %d", len(lines), height)
		case height > 5 && all == strings.Contains(text, "more lines"):
			t.Errorf("height %d: the last row shows: %t; the screen says so wrongly:\n%s", height, all, text)
		case height > 22 && !strings.Contains(text, "run as root"):
			t.Errorf("height %d: there is space for the remarks:\n%s", height, text)
		}
	}
}
