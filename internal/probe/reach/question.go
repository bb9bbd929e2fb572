package reach

import (
	"context"
	"net"
	"sync"
	"time"
)

// A question is what one lookup meets with on its way through package net. It
// travels in the lookup's context.
type question struct {
	mu    sync.Mutex
	asked bool // of a server: no file had the answer
	heard bool
	ttl   time.Duration // the shortest of all messages
}

type questionKey struct{}

func (q *question) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, questionKey{}, q)
}

// questionOf returns the question that a context belongs to. What belongs to
// none gets one that nobody reads.
func questionOf(ctx context.Context) *question {
	if q, ok := ctx.Value(questionKey{}).(*question); ok {
		return q
	}
	return &question{}
}

// ask notes that a server is asked.
func (q *question) ask() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = true
}

// wasAsked reports whether a server was asked.
func (q *question) wasAsked() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.asked
}

// lives notes for how long a message may be believed.
func (q *question) lives(ttl time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.heard || ttl < q.ttl {
		q.ttl = ttl
	}
	q.heard = true
}

// watch wraps a connection to a server.
func (q *question) watch(c net.Conn) net.Conn {
	if udp, ok := c.(*net.UDPConn); ok {
		return watched{udp, q}
	}
	return c // a stream, for an answer that is too long: its time to live stays unknown, 0
}

// fresh returns for how long the answer need not be asked for again.
func (q *question) fresh(fact bool) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !q.asked:
		return freshFile
	case fact:
		return min(q.ttl, mostFreshFact)
	}
	return min(q.ttl, mostFresh)
}
