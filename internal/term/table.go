package term

import (
	"slices"
	"strings"
)

// gap is what stands between two columns.
const gap = "  "

// A Table is rows of cells under columns. Every row has a cell per column.
type Table struct {
	Columns []Column
	Rows    []Row
}

// A Column says how a table's column looks and what may happen to it where
// space is scarce.
type Column struct {
	Title string
	Short string // the title where space is scarce; empty means Title
	Right bool   // aligned to the right: numbers
	Least int    // may be clipped down to this width; 0: never
	Spare int    // is left out for lack of space, the highest first; 0: never
	Quiet bool   // changes by itself, as ages do: no change is shown
}

// A Row is one line of a table, and perhaps a note beneath it.
type Row struct {
	Key   string // the same from look to look, so that changes are seen
	Cells []Cell
	Note  Line // shown on terminals, indented; empty means none
}

// A Cell is one value of a row.
type Cell struct {
	Text    string
	Tone    Tone
	changed bool
}

// Lines returns the table as lines that fit the screen, the titles first.
func (t *Table) Lines(s Screen) []string {
	slots := t.fit(s.Width)
	titles := make([]Cell, len(t.Columns))
	for _, slot := range slots {
		titles[slot.column] = Cell{Text: slot.title, Tone: Strong}
	}
	lines := []string{line(slots, titles, s)}
	for _, r := range t.Rows {
		lines = append(lines, line(slots, r.Cells, s))
		if r.Note.Text != "" {
			note := strings.Repeat(" ", slots[0].width+len(gap)) + r.Note.Text
			if s.Width > 0 {
				note = clip(note, s.Width)
			}
			lines = append(lines, s.paint(note, r.Note.Tone))
		}
	}
	return lines
}

// Dropped returns the titles of the columns for which the screen has no space.
func (t *Table) Dropped(s Screen) []string {
	slots := t.fit(s.Width)
	var titles []string
	for i, c := range t.Columns {
		if !slices.ContainsFunc(slots, func(s slot) bool { return s.column == i }) {
			titles = append(titles, c.Title)
		}
	}
	return titles
}

// Mark marks what differs from an earlier state of the table: cells whose text
// changed, and rows that are new.
func (t *Table) Mark(before *Table) {
	was := map[string][]Cell{}
	for _, r := range before.Rows {
		was[r.Key] = r.Cells
	}
	for _, r := range t.Rows {
		old, known := was[r.Key]
		for i := range r.Cells {
			r.Cells[i].changed = !known || !t.Columns[i].Quiet && old[i].Text != r.Cells[i].Text
		}
	}
}

// line puts cells into their slots.
func line(slots []slot, cells []Cell, s Screen) string {
	var b strings.Builder
	blanks := 0 // owed before the next text, so that no line ends in blanks
	for i, slot := range slots {
		if i > 0 {
			blanks += len(gap)
		}
		c := cells[slot.column]
		text := clip(c.Text, slot.width)
		before, after := 0, slot.width-columns(text)
		if slot.right {
			before, after = after, 0
		}
		blanks += before
		if text != "" {
			b.WriteString(strings.Repeat(" ", blanks))
			b.WriteString(s.paint(text, c.tones()...))
			blanks = 0
		}
		blanks += after
	}
	return b.String()
}

func (c Cell) tones() []Tone {
	if c.changed {
		return []Tone{c.Tone, Changed}
	}
	return []Tone{c.Tone}
}
