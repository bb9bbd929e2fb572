package app

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

// hearing is how long is listened for servers: they answer within 120 ms, and a
// first question may be lost.
const hearing = 1500 * time.Millisecond

// examineMulticast tells by which interfaces apps would find a server here that
// announces itself, and which servers are heard from here.
func examineMulticast(ctx context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "multicast", Condition: term.Well}
	joined, refused := p.multicast()
	if len(joined) == 0 {
		f.Condition = term.Ailing
		f.Text = "no interface can multicast: registration.announce would be heard by nobody, and no server is found from here"
		f.Hint = "in a container use the host's network; or name the server in apps: PORTREEVE_SERVER"
		if refused != nil {
			f.Text = foreign.Text(fmt.Sprintf("the group of multicast DNS cannot be joined: %v", refused))
		}
		return one(f)
	}
	f.Text = foreign.Text(fmt.Sprintf("registration.announce would be heard on %s; %s", strings.Join(joined, ", "), p.heard(ctx)))
	return one(f)
}

// heard words which servers announce themselves.
func (p patient) heard(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, hearing)
	defer cancel()
	servers, err := p.browse.heard(ctx)
	switch {
	case err != nil:
		return fmt.Sprintf("nobody can be heard: %v", err)
	case len(servers) == 0:
		return "no server announces itself now"
	}
	return "announced now: " + strings.Join(servers, ", ")
}

// joinMulticast returns the interfaces on which multicast DNS can be spoken, and
// why the first one could not of those that should.
func joinMulticast() (joined []string, refused error) {
	group := net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353} // RFC 6762, 3
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		const wanted = net.FlagUp | net.FlagRunning | net.FlagMulticast
		if i.Flags&wanted != wanted || i.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 {
			continue
		}
		c, err := net.ListenMulticastUDP("udp4", &i, &group)
		if err != nil {
			if refused == nil {
				refused = err
			}
			continue
		}
		_ = c.Close() // nothing was sent
		joined = append(joined, i.Name)
	}
	return joined, refused
}
