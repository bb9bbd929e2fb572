// Package kernel reads a machine's sockets from the kernel: which listen, who
// holds them, and how many connections their ports have.
//
// A [Reader] answers requests in plain data of package port, so that it may
// stand in this process or in a privileged one beside it. It asks sock_diag
// (package sockdiag), whose answers are filtered in the kernel, and falls back
// to /proc (package procfs) where that is refused. Nothing it reads needs a
// privilege; with fewer it sees less, and every answer then says in its
// Degraded what is missing and what would help.
//
// Its own network namespace is that of the thread that called [Open]. The
// listeners of other namespaces are read where that is permitted.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// The sources of sockets, as Options and port.Listening name them.
const (
	Netlink = "netlink"
	Procfs  = "procfs"
)

// Options say how a Reader reads. The zero Options suit a running machine.
type Options struct {
	// Source is Netlink, Procfs, or empty for the first that works.
	Source string
	// Proc is where the proc file system is mounted; empty for /proc.
	Proc string
	// Owners say how processes are looked at.
	Owners procfs.OwnersOptions
	// NoClosures does without Closures. While a Reader may be asked for them,
	// the kernel prepares a notice for every socket that is destroyed on the
	// machine, which is then dropped unless it was a listener: some
	// microseconds of a kernel worker's time for each.
	NoClosures bool
}

// A Reader reads sockets. Listeners, Connections, Closures and Machine may run
// concurrently with each other, each by one caller at a time. Close must wait
// for all of them but Closures, which it interrupts.
type Reader struct {
	proc        *procfs.FS
	source      string
	listeners   listeners
	connections connections
	closures    *sockdiag.Subscription // nil where there is none
	shown       ledger                 // by listeners, for closures
	thrift      thrift                 // with closures
}

// Open returns a Reader of the calling thread's network namespace. It fails
// when no source works, or the one that o demands does not.
func Open(o Options) (*Reader, error) {
	if o.Proc == "" {
		o.Proc = "/proc"
	}
	dir := threadDir(o.Proc)
	here := procfs.New(dir)
	r := &Reader{proc: procfs.New(o.Proc)}
	r.listeners = listeners{
		site:      site{proc: here},
		collector: newCollector(),
		others:    newNamespaces(r.proc, o.Proc, dir),
		owners:    procfs.NewOwners(r.proc, o.Owners),
	}
	// A failure shows at every look that follows.
	_ = r.listeners.readEphemeral(r.proc)
	r.connections = connections{here: here, counter: newCounter()}
	if err := r.choose(o.Source); err != nil {
		r.Close()
		return nil, fmt.Errorf("open source of sockets: %w", err)
	}
	if r.source == Netlink && !o.NoClosures {
		r.subscribe()
	}
	return r, nil
}

// threadDir returns the directory of the calling thread below a proc file
// system: /proc/self and /proc/net are those of the main thread, which may be
// in another network namespace. A copy of another machine's /proc has none.
func threadDir(root string) string {
	dir := filepath.Join(root, "thread-self")
	if _, err := os.Stat(dir); err != nil {
		return root
	}
	return dir
}

// choose makes a source the Reader's, or the first that works.
func (r *Reader) choose(source string) error {
	switch source {
	case Netlink:
		return r.useNetlink()
	case Procfs:
		return r.useProc(procfsChosen())
	case "":
		err := r.useNetlink()
		if err != nil {
			err = r.useProc(netlinkRefused(err))
		}
		return err
	}
	return fmt.Errorf("unknown source %q: want %q or %q", source, Netlink, Procfs)
}

// useNetlink opens the netlink sockets, in the namespace of the calling
// thread, and asks one question of each kind, so that a refusal shows now.
func (r *Reader) useNetlink() error {
	r.source = Netlink
	r.listeners.site.conn, r.connections.conn = sockdiag.New(), sockdiag.New()
	if err := r.connections.conn.Reopen(); err != nil {
		return err
	}
	return r.listeners.probe(context.Background())
}

// useProc makes /proc the source, for a reason that every answer gives.
func (r *Reader) useProc(reason port.Degraded) error {
	if err := r.Close(); err != nil {
		return err
	}
	r.source = Procfs
	r.listeners.site.conn, r.connections.conn = nil, nil
	r.listeners.others.visitor.barred = true
	r.listeners.blind = append(r.listeners.blind, reason)
	r.connections.blind = append(r.connections.blind, reason)
	return r.listeners.probe(context.Background())
}

// subscribe asks to be told of closed listeners.
func (r *Reader) subscribe() {
	var err error
	if r.closures, err = sockdiag.Subscribe(); err != nil {
		r.listeners.blind = append(r.listeners.blind, closuresRefused(err))
	}
}

// Close releases what the Reader holds, which must not be used afterwards. A
// Closures that waits returns.
func (r *Reader) Close() error {
	var failures []error
	for _, conn := range [...]*sockdiag.Conn{r.listeners.site.conn, r.connections.conn} {
		if conn != nil {
			failures = append(failures, conn.Close())
		}
	}
	if r.closures != nil {
		failures = append(failures, r.closures.Close())
	}
	return errors.Join(failures...)
}
