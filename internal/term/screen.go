package term

import (
	"io"
	"os"
	"strconv"

	xterm "golang.org/x/term"
)

// A Screen is what the reader of an output can see. The zero Screen is a pipe.
type Screen struct {
	Terminal bool // a person looks
	Color    bool
	Redraw   bool // the cursor can be moved
	Width    int  // in columns; 0 means no limit
	Height   int  // in lines; 0 means no limit
}

// ScreenOf looks at where w leads. NO_COLOR (no-color.org) and TERM=dumb turn
// colours off; COLUMNS overrides a terminal's own width.
func ScreenOf(w io.Writer, env func(string) string) Screen {
	f, ok := w.(*os.File)
	if !ok || !xterm.IsTerminal(int(f.Fd())) {
		return Screen{}
	}
	s := Screen{Terminal: true, Width: 80, Height: 24}
	if width, height, err := xterm.GetSize(int(f.Fd())); err == nil && width > 0 && height > 0 {
		s.Width, s.Height = width, height
	}
	if n, err := strconv.Atoi(env("COLUMNS")); err == nil && n > 0 {
		s.Width = n
	}
	s.Redraw = env("TERM") != "dumb" && env("TERM") != ""
	s.Color = s.Redraw && env("NO_COLOR") == ""
	return s
}
