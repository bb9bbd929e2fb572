package canary

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
)

const (
	// freshWell is how long a look that found us well answers others: shorter
	// than any check, so that no check is judged by what was before it.
	freshWell = 50 * time.Millisecond
	// freshIll is the same for a look that found us ill, which costs more.
	freshIll = time.Second
	// maxPaths bounds how many are remembered.
	maxPaths = 64
)

// A memory is what is kept of a path between looks.
type memory struct {
	last  *look
	link  foreign.Text // its name, for when it is gone
	flaps uint32
	ill   time.Time // when a look last found trouble of our own
	why   foreign.Text
}

// fresh returns the last look if it still holds.
func (m *memory) fresh(now time.Time) *look {
	if m.last == nil {
		return nil
	}
	holds := freshWell
	if m.last.ill() {
		holds = freshIll
	}
	if now.Sub(m.last.end) > holds {
		return nil
	}
	return m.last
}

// ill reports whether the look excuses anybody, apart from its witnesses.
func (l *look) ill() bool {
	reason, _ := l.excuse(netip.Addr{})
	return reason != ""
}

// look returns what is seen of a path now, sharing it with others who ask. A
// patient one gives everybody time to answer, to learn who does.
func (c *Canary) look(ctx context.Context, p path, patient bool) (*look, error) {
	c.mu.Lock()
	if m := c.paths[p]; m != nil && !patient {
		if l := m.fresh(time.Now()); l != nil {
			c.mu.Unlock()
			return l, nil
		}
	}
	c.mu.Unlock()
	done := make(chan singleflight.Result, 1)
	c.askers.Go(func() {
		v, err, _ := c.looks.Do(p.String(), func() (any, error) { return c.seek(p, patient) })
		done <- singleflight.Result{Val: v, Err: err}
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*look), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// seek takes a new look. It ends with the Canary and not with who asked first,
// for others wait for it too.
func (c *Canary) seek(p path, patient bool) (*look, error) {
	g, err := c.prepare(p, patient)
	if err != nil {
		return nil, err
	}
	g.run(c.life)
	if err := c.life.Err(); err != nil {
		return nil, err
	}
	return c.remember(g), nil
}

// prepare begins a look: the link, and who is to be asked.
func (c *Canary) prepare(p path, patient bool) (*gaze, error) {
	g := &gaze{look: look{path: p, began: time.Now()}, net: c.net, outlived: c.outlived, patient: patient}
	l, err := c.net.link(p.link)
	switch {
	case errors.Is(err, errNoLink):
		g.link, g.trouble = c.lastName(p), "is gone"
		return g, nil
	case err != nil:
		return nil, err
	}
	g.link, g.trouble, g.discovers = l.name, c.net.cut(&l), l.flags&unix.IFF_NOARP == 0
	if !l.bridge { // whose carrier comes and goes with those behind it
		g.flaps = l.flaps
	}
	if g.trouble == "" {
		c.summon(g)
	}
	return g, nil
}

// lastName returns what a link was called that is gone.
func (c *Canary) lastName(p path) foreign.Text {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.paths[p]; m != nil {
		return m.link
	}
	return foreign.Text("link " + strconv.Itoa(p.link))
}

// remember keeps what a look has taught.
func (c *Canary) remember(g *gaze) *look {
	refuted := false
	for i := range g.asked {
		refuted = refuted || g.witnesses[i].outlived
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range g.asked {
		q := &g.asked[i]
		w := c.witnesses[identity{q.witness.role, q.witness.address}]
		switch {
		case w == nil:
		case q.way != "":
			w.heard(q.way, g.end)
		case q.asked && !g.witnesses[i].starved:
			w.missed(g.began, g.witnesses[i].outlived)
		}
	}
	m := c.paths[g.path]
	if m == nil {
		if len(c.paths) >= maxPaths {
			clear(c.paths)
		}
		m = &memory{flaps: g.flaps}
		c.paths[g.path] = m
	}
	if refuted {
		m.ill = time.Time{} // it was the witness, and never we
	}
	m.take(&g.look)
	return &g.look
}

// mostHeard bounds how many that were heard are looked at.
const mostHeard = 256

// outlived reports whether the path that a silent witness serves was seen to
// work well after the witness fell silent, or was asked for the first time since
// it spoke: the kernel has heard of the witness itself, or a target answered by
// that path. Then the witness has died, or merely stopped answering us.
func (c *Canary) outlived(g *gaze, q *question) bool {
	w := &q.witness
	after := g.began
	if !w.silent.IsZero() {
		after = w.silent.Add(patience)
	}
	if q.confirmed.After(after.Add(clockTick)) {
		return true
	}
	if c.heard == nil {
		return false
	}
	looked := 0
	for _, a := range c.heard(after) {
		if a.IsLoopback() || looked == mostHeard {
			continue
		}
		looked++
		if r, err := c.net.route(a); a != w.address && err == nil && !r.ours && r.path == q.serves {
			return true
		}
	}
	return false
}

// take keeps a look. One that finds the carrier there, but that it came and
// went since the look before, tells of trouble that is just over.
func (m *memory) take(l *look) {
	m.last, m.link = l, l.link
	if reason, text := l.excuse(netip.Addr{}); reason != "" {
		m.ill, m.why = l.end, text
	} else if l.flaps != m.flaps {
		m.ill, m.why = l.end, l.link+" lost its carrier for a moment"
	}
	m.flaps = l.flaps
}
