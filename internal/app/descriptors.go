package app

import "golang.org/x/sys/unix"

// Descriptors are this process's file descriptors, divided beforehand: a crowd
// on the web server must not take those that checks need, nor the other way
// round, for a check without a descriptor could tell nothing.
type descriptors struct {
	limit    int // RLIMIT_NOFILE
	own      int // for the journal, the kernel's sockets, /proc and the log
	conns    int // of the web server
	streams  int // event streams of the web server
	callers  int // of the web server who wait for an answer from elsewhere
	lookups  int // of names at once
	live     int // questions at once that callers of the web server ask
	inFlight int // checks at once
}

const (
	// ownDescriptors is what portreeve holds when nothing happens, and a few for
	// what it opens to look at a process.
	ownDescriptors = 30
	// What one of each takes at most: a lookup asks for both families and reads
	// a file, a check asks both families.
	perLookup = 3
	perCheck  = 2

	mostConns   = 256
	mostStreams = 64
	mostLookups = 256
	mostLive    = 512
)

// divide shares out a limit. However small it is, each gets something: then
// the kernel refuses what is too much, and that is told apart from an answer.
func divide(limit int) descriptors {
	free := max(limit-ownDescriptors, 0)
	d := descriptors{limit: limit, own: ownDescriptors}
	d.conns = between(4, free/4, mostConns)
	d.streams = between(1, free/16, mostStreams)
	d.callers = between(1, free/16, mostStreams)
	free = max(free-d.conns-d.streams-d.callers-max(1, d.callers/8), 0)
	d.lookups = between(1, free/4/perLookup, mostLookups)
	free = max(free-d.lookups*perLookup, 0)
	d.live = between(1, free/8/perCheck, mostLive)
	d.inFlight = max(2, free/perCheck-d.live)
	return d
}

func between(least, n, most int) int { return max(least, min(n, most)) }

// ownLimit returns the limit of this process. The runtime has raised the soft
// limit to the hard one at its start.
func ownLimit() int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 1024
	}
	return int(min(l.Cur, 1<<20))
}
