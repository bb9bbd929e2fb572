package discovery

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"
)

// A Responder announces services on the local network and answers for them.
//
// It makes sure that nobody has its names before it uses them, and takes others
// when somebody has, now or later: "name (2)" for an instance, NAME-2 for the
// host. Answers hold the addresses of the interface that was asked on: all of
// them, but those that are good on the link only where there are no others.
type Responder struct {
	Options
	// Services are what to announce, at most 16.
	Services []Service
	// Host is what this machine is to be called under ".local". What follows a
	// dot is left out, and what no host name may hold becomes a hyphen. Empty:
	// the name of the machine.
	Host string
}

// maxServices bounds what one responder announces.
const maxServices = 16

// Run announces and answers until the context ends, then takes leave of the
// network and returns nil. An error means that the services or the names cannot
// be announced at all, or, where it is [errors.ErrUnsupported], that this works on
// Linux only; a network that is not there is waited for.
func (r *Responder) Run(ctx context.Context) error {
	claims, err := r.claims()
	if err != nil {
		return err
	}
	n := newNode(r.Options)
	n.role = &responder{node: n, claims: claims, presences: map[*link]*presence{}}
	return n.run(ctx)
}

// claims returns the claims to the names, the host's first.
func (r *Responder) claims() ([]*claim, error) {
	if len(r.Services) > maxServices {
		return nil, fmt.Errorf("%d services, at most %d", len(r.Services), maxServices)
	}
	name := r.Host
	if name == "" {
		var err error
		if name, err = os.Hostname(); err != nil {
			return nil, err
		}
	}
	host, err := claimHost(name)
	if err != nil {
		return nil, err
	}
	claims := []*claim{host}
	for _, s := range r.Services {
		c, err := claimService(s)
		if err != nil {
			return nil, err
		}
		for _, other := range claims {
			if other.name().fold() == c.name().fold() {
				return nil, errors.New("two services have the name " + c.name().String())
			}
		}
		claims = append(claims, c)
	}
	return claims, nil
}

// A responder is the role of a Responder while it runs.
type responder struct {
	*node
	claims    []*claim // the host's first
	presences map[*link]*presence
}

func (r *responder) join(l *link) { r.presences[l] = newPresence(l, r.claims, time.Now()) }

func (r *responder) part(l *link) { delete(r.presences, l) }

// alter tells what changed with the addresses of an interface (RFC 6762, 8.4).
func (r *responder) alter(l *link) {
	p := r.presences[l]
	before := p.zone().records
	p.refresh()
	r.goodbye(p, without(before, p.zone().records))
	if p.host.held {
		p.host.announce(time.Now())
	}
}

// leave says goodbye for the services (RFC 6762, 10.1). The addresses stay true
// while the machine runs, and another responder on it may have told them, too.
func (r *responder) leave() {
	for _, p := range r.presences {
		for _, s := range p.standings {
			if s != p.host && p.live(s) {
				r.goodbye(p, p.records(s))
			}
		}
	}
}

// goodbye tells that records are no more, except that there are services of a
// type: others may have some.
func (r *responder) goodbye(p *presence, records []record) {
	m := &message{response: true}
	for _, rec := range records {
		if rec.name != enumeration {
			rec.ttl = 0
			m.answers = append(m.answers, rec)
		}
	}
	if len(m.answers) == 0 {
		return
	}
	for _, packet := range m.packWithin(p.room()) {
		r.send(p.link, packet, netip.AddrPort{})
	}
}

// idle is how long nothing may be due.
const idle = time.Hour

// act probes, announces and answers what is due.
func (r *responder) act() time.Time {
	now := time.Now()
	next := now.Add(idle)
	for _, p := range r.presences {
		r.probe(p, now)
		r.announce(p, now)
		r.resume(p, now)
		r.flush(p, now)
		for due := range p.dues() {
			if due.Before(next) {
				next = due
			}
		}
	}
	return next
}

// hear takes what others say: answers that may contradict ours, and questions.
func (r *responder) hear(h heard) {
	p, now := r.presences[h.link], time.Now()
	if !h.response {
		r.contest(p, h, now)
		r.answer(p, h, now)
		return
	}
	if h.from.addr.Port() != mdnsPort { // RFC 6762, 6
		return
	}
	for _, section := range [][]record{h.answers, h.additionals} {
		for _, rec := range section {
			r.judge(p, rec, h.from, now)
		}
	}
}
