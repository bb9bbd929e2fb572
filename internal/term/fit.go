package term

import "cmp"

// A slot is the place that a column got on the screen.
type slot struct {
	column int // index into the table's columns
	title  string
	width  int
	least  int
	spare  int
	right  bool
}

// fit finds places for the columns within a width; 0 means no limit. First
// titles are shortened, then texts are clipped, then columns left out, and at
// last, where nothing else helps, the rightmost columns shrink to nothing.
func (t *Table) fit(width int) []slot {
	slots := t.slots(false)
	if width <= 0 || total(slots) <= width {
		return slots
	}
	slots = t.slots(true)
	for total(atLeast(slots)) > width {
		i := mostSpare(slots)
		if i < 0 {
			break
		}
		slots = append(slots[:i], slots[i+1:]...)
	}
	for excess := total(slots) - width; excess > 0; excess-- {
		if i := widestClippable(slots); i >= 0 {
			slots[i].width--
		} else {
			return force(slots, excess)
		}
	}
	return slots
}

// slots returns every column at its natural width.
func (t *Table) slots(short bool) []slot {
	out := make([]slot, len(t.Columns))
	for i, c := range t.Columns {
		title := c.Title
		if short {
			title = cmp.Or(c.Short, c.Title)
		}
		width := columns(title)
		for _, r := range t.Rows {
			width = max(width, columns(r.Cells[i].Text))
		}
		out[i] = slot{i, title, width, c.Least, c.Spare, c.Right}
	}
	return out
}

func total(slots []slot) int {
	n := len(gap) * (len(slots) - 1)
	for _, s := range slots {
		n += s.width
	}
	return n
}

// atLeast returns the slots as narrow as clipping may make them.
func atLeast(slots []slot) []slot {
	out := make([]slot, len(slots))
	for i, s := range slots {
		if s.least > 0 {
			s.width = min(s.width, s.least)
		}
		out[i] = s
	}
	return out
}

// mostSpare returns the column to leave out next, or -1.
func mostSpare(slots []slot) int {
	best := -1
	for i, s := range slots {
		if s.spare > 0 && (best < 0 || s.spare > slots[best].spare) {
			best = i
		}
	}
	return best
}

// widestClippable returns the widest column that may be clipped, or -1.
func widestClippable(slots []slot) int {
	best := -1
	for i, s := range slots {
		if s.least > 0 && s.width > s.least && (best < 0 || s.width > slots[best].width) {
			best = i
		}
	}
	return best
}

// force takes excess columns away from the right.
func force(slots []slot, excess int) []slot {
	for last := len(slots) - 1; excess > 0; last-- {
		cut := min(excess, slots[last].width)
		slots[last].width -= cut
		excess -= cut
		if last == 0 {
			break
		}
		if slots[last].width == 0 {
			slots = slots[:last]
			excess -= len(gap)
		}
	}
	return slots
}
