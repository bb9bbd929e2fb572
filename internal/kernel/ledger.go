package kernel

import "sync"

// A ledger holds the sockets that Listeners showed at its last look, for
// Closures to know them again: a destroyed socket has lost its inode but not
// its cookie. It is safe for concurrent use.
type ledger struct {
	mu     sync.Mutex
	inodes map[uint64]uint64 // by cookie; nil before the first look
}

// A mark is how one socket can be known again.
type mark struct{ cookie, inode uint64 }

// set replaces the sockets.
func (l *ledger) set(marks []mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inodes == nil {
		l.inodes = make(map[uint64]uint64, len(marks))
	}
	clear(l.inodes)
	for _, m := range marks {
		l.inodes[m.cookie] = m.inode
	}
}

// inode returns the inode of a socket and whether it was shown. Before the
// first look nobody knows, and it may have been.
func (l *ledger) inode(cookie uint64) (inode uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	inode, ok = l.inodes[cookie]
	return inode, ok || l.inodes == nil
}
