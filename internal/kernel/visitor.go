package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// A visitor reads the listeners of other namespaces: by entering them, which
// takes CAP_SYS_ADMIN, else from the /proc directory of a process in them,
// which everybody may read but which costs time for each connection there.
type visitor struct {
	proc      *procfs.FS
	root      string
	barred    bool           // netlink is not to be used
	procUDP   bool           // the kernel's sock_diag has no UDP
	conn      *sockdiag.Conn // closed between visits: an open descriptor keeps a namespace alive
	collector *collector
	spare     []port.Socket // the memory for the next namespace's
	allowance allowance
}

// mostPerPass bounds the CPU time that visits take in one pass. There are
// enough namespaces to reach it where hundreds have to be read from /proc.
const mostPerPass = time.Second

// visit visits the namespaces in line: those that were never visited, and the
// others until the allowance is spent. It returns how many of the latter were
// visited, and the CPU time spent on another thread than the caller's.
func (v *visitor) visit(ctx context.Context, now time.Time, line []*namespace) (again int, elsewhere time.Duration) {
	v.allowance.grow(now)
	if v.barred || !slices.ContainsFunc(line, func(ns *namespace) bool { return !ns.barred }) {
		return v.each(ctx, line), 0
	}
	elsewhere = onTraveller(v.root, func() { again = v.each(ctx, line) })
	return again, elsewhere
}

// onTraveller runs visits on a thread of their own, which comes home from the
// namespaces that it entered or is thrown away: a thread that stayed there
// would open other people's sockets in the wrong place. It returns the CPU
// time of that thread.
func onTraveller(root string, visits func()) time.Duration {
	spent := make(chan time.Duration)
	go func() {
		clock := startClock()
		home, err := unix.Open(path.Join(root, "thread-self", netnsLink), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		visits()
		if err == nil {
			err = unix.Setns(home, unix.CLONE_NEWNET)
			unix.Close(home)
		}
		spent <- clock.spent()
		if err == nil {
			clock.stop() // else the thread ends with its goroutine
		}
	}()
	return <-spent
}

// each visits them one by one on the calling thread.
func (v *visitor) each(ctx context.Context, line []*namespace) (again int) {
	began := threadTime()
	for now := began; ctx.Err() == nil && len(line) > 0; line = line[1:] {
		ns := line[0]
		if ns.visited && v.allowance.left <= 0 || now-began > mostPerPass {
			break
		}
		if ns.visited {
			again++
		}
		ns.visited = true
		ns.err = v.one(ctx, ns)
		then := now
		now = threadTime()
		v.allowance.spend(now - then)
	}
	return again
}

// one replaces the listeners of a namespace. Where the process that led to it
// is gone, they stay as they were until another is found.
func (v *visitor) one(ctx context.Context, ns *namespace) error {
	sockets, err := v.read(ctx, ns)
	if errors.Is(err, errMoved) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err == nil {
		v.spare, ns.sockets, ns.read = ns.sockets, sockets, true
	}
	return err
}

// read reads the listeners of a namespace from inside if that is permitted,
// else from /proc.
func (v *visitor) read(ctx context.Context, ns *namespace) ([]port.Socket, error) {
	s := site{proc: v.proc, dir: strconv.Itoa(ns.pid)}
	if !v.barred && !ns.barred {
		switch err := v.enter(ns); {
		case err == nil:
			defer v.conn.Close()
			s.conn, s.procUDP = v.conn, v.procUDP
		case errors.Is(err, fs.ErrPermission):
			ns.barred = true
		default:
			return nil, err
		}
	}
	sockets, err := v.collector.gather(ctx, s, ns.id, v.spare[:0])
	if err == nil && (s.conn == nil || s.procUDP) && inodeOf(path.Join(v.root, s.dir, tableOf(port.TCP, false))) != ns.table {
		return nil, errMoved // perhaps in the middle: a missing tcp6 told nothing
	}
	return sockets, err
}

// errMoved says that a process is not, or no longer, in a namespace.
var errMoved = errors.New("process is in another network namespace")

// enter moves the calling thread into a namespace and opens netlink there.
func (v *visitor) enter(ns *namespace) error {
	link, err := unix.Open(path.Join(v.root, strconv.Itoa(ns.pid), netnsLink), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err)
	}
	defer unix.Close(link)
	var st unix.Stat_t
	if err := unix.Fstat(link, &st); err != nil || st.Ino != ns.inode {
		return errMoved
	}
	if err := unix.Setns(link, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	return v.conn.Reopen()
}
