package term

import (
	"io"
	"os"

	xterm "golang.org/x/term"
)

// NewScreen looks at where w leads, and at the environment of this process as
// [ScreenOf] does.
func NewScreen(w io.Writer) Screen { return ScreenOf(w, os.Getenv) }

// Remark writes remarks: for people at a terminal as they are, elsewhere one
// line each in the way of an error message.
func Remark(w io.Writer, lines []Line) error { return writeLines(w, NewScreen(w), lines) }

// Await tells on errs that what is to be read is typed, when it is: a program
// that waits in silence looks as if it hung.
func Await(in io.Reader, errs io.Writer, what string) error {
	if f, ok := in.(*os.File); !ok || !xterm.IsTerminal(int(f.Fd())) {
		return nil
	}
	return Remark(errs, []Line{{Text: "reading " + what, Tone: Faint}})
}
