package notify

import (
	"container/heap"
	"time"
)

// Wakes are files by when they are to be looked at again, the earliest first.
type wakes struct{ heap alarm }

// set says when a file is to be looked at; the zero time is never.
func (w *wakes) set(f *file, at time.Time) {
	f.wake = at
	switch {
	case at.IsZero() && f.place > 0:
		heap.Remove(&w.heap, f.place-1)
	case at.IsZero():
	case f.place > 0:
		heap.Fix(&w.heap, f.place-1)
	default:
		heap.Push(&w.heap, f)
	}
}

// first returns the earliest time, zero if there is none.
func (w *wakes) first() time.Time {
	if len(w.heap) == 0 {
		return time.Time{}
	}
	return w.heap[0].wake
}

// pop returns the next file whose time has come, nil if there is none.
func (w *wakes) pop(now time.Time) *file {
	if len(w.heap) == 0 || w.heap[0].wake.After(now) {
		return nil
	}
	return heap.Pop(&w.heap).(*file)
}

// An alarm implements [heap.Interface].
type alarm []*file

func (a alarm) Len() int           { return len(a) }
func (a alarm) Less(i, j int) bool { return a[i].wake.Before(a[j].wake) }
func (a alarm) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].place, a[j].place = i+1, j+1
}

func (a *alarm) Push(x any) {
	f := x.(*file)
	*a = append(*a, f)
	f.place = len(*a)
}

func (a *alarm) Pop() any {
	old := *a
	f := old[len(old)-1]
	old[len(old)-1], *a = nil, old[:len(old)-1]
	f.place = 0
	return f
}

// A line is files whose notices wait for their turn, who came first first.
type line struct{ files []*file }

func (l *line) push(f *file) { l.files = append(l.files, f) }

func (l *line) pop() *file {
	f := l.files[0]
	l.files[0], l.files = nil, l.files[1:]
	return f
}
