package web

import (
	"net/netip"
	"sync"
)

// A pool bounds the event streams that are open: in all, and per address. Safe
// for concurrent use.
type pool struct {
	total, perAddr int

	mu    sync.Mutex
	count int
	held  map[netip.Prefix]int
}

func newPool(total, perAddr int) *pool {
	return &pool{total: total, perAddr: perAddr, held: map[netip.Prefix]int{}}
}

// enter takes a place for addr. It reports false when there is none; otherwise
// leave must be called once.
func (p *pool) enter(addr netip.Prefix) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count >= p.total || p.held[addr] >= p.perAddr {
		return false
	}
	p.count++
	p.held[addr]++
	return true
}

// leave gives a place back.
func (p *pool) leave(addr netip.Prefix) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count--
	if p.held[addr]--; p.held[addr] == 0 {
		delete(p.held, addr)
	}
}

// open returns how many streams there are.
func (p *pool) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}
