package term

import (
	"io"
	"os"
)

// A Progress tells how far long work is, on a terminal and in one place. It is
// silent elsewhere. It is for one goroutine.
type Progress struct {
	w     io.Writer
	shown bool
}

// NewProgress returns a progress on w.
func NewProgress(w io.Writer) *Progress { return &Progress{w: w} }

// Show replaces what was shown. An error to write it is none: it is not what
// the user asked for.
func (p *Progress) Show(text string) {
	s := ScreenOf(p.w, os.Getenv)
	if !s.Redraw {
		return
	}
	_, _ = io.WriteString(p.w, "\r"+eraseLine+s.paint(clip(text, s.Width-1), Faint))
	p.shown = true
}

// Clear takes it away, so that other text may follow.
func (p *Progress) Clear() {
	if p.shown {
		_, _ = io.WriteString(p.w, "\r"+eraseLine)
	}
	p.shown = false
}
