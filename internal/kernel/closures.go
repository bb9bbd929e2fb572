package kernel

import (
	"context"
	"errors"
	"fmt"

	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// Closures waits until a socket that Listeners has shown in the own network
// namespace is destroyed, and appends it and others that went meanwhile to
// into. Neither the end of a connection nor that of a client's UDP socket
// that came and went between two looks ends the wait. Before the first look,
// whatever had a local port and no peer counts. Another listener may still
// hold the same port (SO_REUSEPORT).
//
// While connections come and go by the hundred a second it tells nothing, for
// that would cost too much; the next look shows what has closed.
//
// A zero Closure says that the kernel had to drop notices: any listener may be
// gone. The error is the context's when that ends first, os.ErrClosed after
// Close, and errors.ErrUnsupported where the kernel tells nothing, which
// Listeners then says as well.
func (r *Reader) Closures(ctx context.Context, into []port.Closure) ([]port.Closure, error) {
	if r.closures == nil {
		return into, fmt.Errorf("wait for closures: %w", errors.ErrUnsupported)
	}
	for before := len(into); len(into) == before; {
		err := r.closures.Receive(ctx, func(s *sockdiag.Socket) {
			if inode, ok := r.shown.inode(s.Cookie); ok {
				into = append(into, port.Closure{Proto: protoOf(s), Port: s.LocalPort, Inode: inode})
			}
		})
		switch {
		case errors.Is(err, sockdiag.ErrMissed):
			into = append(into, port.Closure{})
		case err != nil:
			return into, fmt.Errorf("wait for closures: %w", err)
		}
	}
	return into, nil
}

// protoOf returns the protocol of a destroyed socket. The subscription is to
// TCP and UDP alone.
func protoOf(s *sockdiag.Socket) port.Proto {
	if p, _ := s.Protocol(); p == sockdiag.UDP {
		return port.UDP
	}
	return port.TCP
}
