package watch

import "slices"

// places are the probes that may run at once, each with descriptors and a local
// port of its own. Those that find none free wait, and are let in by the time
// that they came.
//
// Targets that were silent at the last question are slow: each holds its place
// for a whole timeout, and a few hundred of them would keep all places from
// thousands that answer in a millisecond. So slow ones have a queue of their
// own and leave a quarter of the places to the quick.
//
// Who is slow is known only after the first silence. When a crowd larger than
// the places falls silent at once, each of it holds a quick place for one
// timeout, and healthy targets may miss a slot or two until all have had their
// turn. To count a question as slow while it still runs frees no place sooner.
type places struct {
	limit int
	taken [paces]int
	queue [paces]queue
}

// A pace says how long a question is expected to take.
type pace uint8

const (
	quick pace = iota
	slow
	paces
)

// all returns how many places are taken.
func (p *places) all() int { return p.taken[quick] + p.taken[slow] }

// waiting returns how many questions are queued.
func (p *places) waiting() int { return p.queue[quick].count + p.queue[slow].count }

// free reports whether there is a place for a question of a pace.
func (p *places) free(of pace) bool {
	if of == slow && p.taken[slow] >= max(1, p.limit-p.limit/4) {
		return false
	}
	return p.all() < p.limit
}

// take takes a place if one is free and nobody came earlier.
func (p *places) take(of pace) bool {
	if p.queue[of].count > 0 || !p.free(of) {
		return false
	}
	p.taken[of]++
	return true
}

// release gives a place back.
func (p *places) release(of pace) { p.taken[of]-- }

// lineUp puts a question at the end of its queue.
func (p *places) lineUp(q *question) {
	q.queued = true
	p.queue[q.pace].push(q)
}

// giveUp takes a question out of its queue.
func (p *places) giveUp(q *question) {
	q.queued = false
	p.queue[q.pace].count--
}

// admit returns the question that has waited longest among those for which
// there is a place, which it takes; nil when there is none.
func (p *places) admit() *question {
	var first *question
	for of := range paces {
		q := p.queue[of].first()
		if q != nil && p.free(of) && (first == nil || q.since < first.since) {
			first = q
		}
	}
	if first != nil {
		p.giveUp(first)
		p.taken[first.pace]++
	}
	return first
}

// A queue is first in, first out. A question that gave up stays in it until it
// is the first, or until most have given up.
type queue struct {
	questions []*question
	head      int
	count     int // without those that gave up
}

func (f *queue) push(q *question) {
	f.first()
	if f.count < len(f.questions)/2 {
		f.questions = slices.DeleteFunc(f.questions, func(q *question) bool { return q == nil || !q.queued })
		f.head = 0
	}
	f.questions = append(f.questions, q)
	f.count++
}

// first drops those that gave up and returns the first that did not, nil when
// nobody waits.
func (f *queue) first() *question {
	for ; f.head < len(f.questions); f.head++ {
		if q := f.questions[f.head]; q.queued {
			return q
		}
		f.questions[f.head] = nil
	}
	f.questions, f.head = f.questions[:0], 0
	return nil
}
