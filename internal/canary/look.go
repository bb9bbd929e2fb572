package canary

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// patience bounds a look. Who answers at all does so in milliseconds on a
	// link, and in a third of it from anywhere in the world.
	patience = 900 * time.Millisecond
	// glance is how often the kernel's neighbours are looked at meanwhile.
	glance = 50 * time.Millisecond
	// doubt is how often those who are silent are held against others meanwhile.
	doubt = 200 * time.Millisecond
)

// A gaze is a look that is under way.
type gaze struct {
	look
	net       *rtnetlink
	outlived  func(*gaze, *question) bool // others were heard by the path since it fell silent
	asked     []question
	discovers bool // the link does ARP and neighbour discovery
	patient   bool // give also those time who never answered before
}

// A question is one witness's part of a gaze.
type question struct {
	witness   witness // as it was
	serves    path    // that works if the witness does not answer and others on it do
	near      bool    // it is on the link itself
	asked     bool    // it was asked, and had its time
	way       string  // that brought the answer
	known     place   // to the kernel
	confirmed time.Time
}

// A place is what the kernel knows of where a witness is on the link.
type place int

const (
	nowhere place = iota // nothing: it has not begun to ask, or need not
	wanted               // it asks
	found                // it knows
)

// An outcome is how the question to one witness ended.
type outcome struct {
	i   int // of the witness
	way string
	err error
}

// run asks all who can tell something of the path until enough is known. It
// returns when every question has ended.
func (g *gaze) run(ctx context.Context) {
	defer func() { g.end = time.Now() }()
	if g.trouble != "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	outcomes := make(chan outcome, len(g.asked))
	var questions sync.WaitGroup
	defer questions.Wait()
	defer cancel()
	for i := range g.asked {
		w := g.asked[i].witness
		if w.spared(g.began) {
			g.witnesses[i].alive = true
			continue
		}
		questions.Go(func() {
			way, err := ask(ctx, w.address, prefer(w.role.ways(), w.way))
			outcomes <- outcome{i, way, err}
		})
	}
	g.wait(ctx, outcomes)
}

// wait takes what becomes of the questions until enough is known, or time is up.
func (g *gaze) wait(ctx context.Context, outcomes <-chan outcome) {
	g.glance()
	tick, hold := time.NewTicker(glance), time.NewTicker(doubt)
	defer tick.Stop()
	defer hold.Stop()
	for !g.enough() {
		select {
		case o := <-outcomes:
			g.take(o)
		case <-tick.C:
			g.glance()
		case <-hold.C:
			g.doubt()
		case <-ctx.Done():
			g.timeUp()
			return
		}
	}
}

// enough reports that nobody is worth waiting for any more.
func (g *gaze) enough() bool {
	for i := range g.asked {
		q, s := &g.asked[i], &g.witnesses[i]
		if s.alive || s.outlived {
			continue
		}
		if !q.asked && (g.patient || !q.witness.asked || q.witness.trusted()) {
			return false
		}
		if q.known != found && g.discovers && q.witness.address.WithZone("") == g.path.gateway {
			return false
		}
	}
	return true
}

// take notes how the question to one witness ended.
func (g *gaze) take(o outcome) {
	q, s := &g.asked[o.i], &g.witnesses[o.i]
	q.asked, q.way = true, o.way
	s.alive = s.alive || o.err == nil
	s.starved = errors.Is(o.err, unix.EMFILE) || errors.Is(o.err, unix.ENFILE)
	// A firewall on the witness may say that it forbids the question. On a link
	// the kernel says the same when there is nobody: then it does not know where
	// the witness is.
	forbidden := errors.Is(o.err, unix.EHOSTUNREACH) || errors.Is(o.err, unix.EACCES)
	if forbidden && q.near {
		g.glance()
		if q.known == found {
			s.alive, q.way = true, "udp"
		}
	}
}

// timeUp notes who had time and did not use it. Then the kernel too has asked
// long enough for those on the link.
func (g *gaze) timeUp() {
	g.glance()
	for i := range g.asked {
		q, s := &g.asked[i], &g.witnesses[i]
		q.asked = true
		s.lost = q.known == wanted && !s.alive
	}
	g.doubt()
}

// doubt looks whether the silent are silent for themselves.
func (g *gaze) doubt() {
	for i := range g.asked {
		q, s := &g.asked[i], &g.witnesses[i]
		if !s.alive && !s.outlived && q.witness.trusted() && g.outlived(g, q) {
			q.asked, s.outlived = true, true
		}
	}
}

// glance looks at whom the kernel heard on the link since the look began.
func (g *gaze) glance() {
	table, err := g.net.neighbours(g.path.link)
	if err != nil {
		return
	}
	now := time.Now()
	for _, n := range table {
		heard := n.heard(now, g.began)
		if !g.note(n, now.Add(-n.confirmed), heard) {
			g.others = g.others || heard
		}
	}
}

// note gives what the kernel knows of a neighbour to the witnesses that have
// its address, and reports whether there are any.
func (g *gaze) note(n neighbour, confirmed time.Time, heard bool) (any bool) {
	for i := range g.asked {
		q, s := &g.asked[i], &g.witnesses[i]
		if !q.near || q.witness.address.WithZone("") != n.address {
			continue
		}
		any, q.known, q.confirmed = true, wanted, confirmed
		if n.settled() {
			q.known = found
		}
		s.alive = s.alive || heard
	}
	return any
}
