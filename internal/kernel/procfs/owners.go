package procfs

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// OwnersOptions says how hard to look for owners. The zero value is good.
type OwnersOptions struct {
	Budget float64       // share of one core that scans may take on average, and looks at likely holders once more; 0 means 0.01
	Rescan time.Duration // between scans for new holders of known sockets, or longer to spare the budget; 0 means 30 s
	Passwd string        // names of users, passwd(5); empty means /etc/passwd
}

// An Owners finds out which processes hold which sockets, and remembers it.
//
// When an unknown socket shows up or a holder is gone, the processes that are
// likely to hold it are looked at first: those that are new, and those that
// hold others. Only a scan of every process's descriptors is sure to find all
// holders. It is made for what is left, as the budget allows, and now and then
// for holders that joined. In between, known holders are confirmed with one or two readlink(2) per socket and one
// look at the leader's start time.
//
// An Owners is for one caller at a time. The owners it hands out share memory
// with each other and with later ones, and must not be changed.
type Owners struct {
	fs        *FS
	interval  time.Duration
	users     users
	budget    budget
	rescan    time.Time           // when to look for holders that joined
	wanted    bool                // holders are gone: others may have joined
	lost      map[uint64]*holding // sockets whose holders have to be looked for, by inode
	roster    roster              // as of the last scan
	shortcut  shortcut
	scan      scan
	scans     uint64
	sight     sight // as of the last scan that missed a holder
	boot      time.Time
	holdings  map[uint64]*holding // by inode
	processes map[int]*process    // leaders, by pid
	blind     blindness
	degraded  []port.Degraded

	pass uint64
	now  time.Time // of this pass
}

// NewOwners returns an Owners that knows nobody yet: its first Resolve scans.
func NewOwners(fs *FS, opts OwnersOptions) *Owners {
	return &Owners{
		fs:        fs,
		interval:  cmp.Or(opts.Rescan, 30*time.Second),
		budget:    budget{share: cmp.Or(opts.Budget, 0.01)},
		shortcut:  newShortcut(cmp.Or(opts.Budget, 0.01)),
		lost:      map[uint64]*holding{},
		users:     users{fs: fs, path: cmp.Or(opts.Passwd, "/etc/passwd"), names: map[uint32]foreign.Text{}},
		holdings:  map[uint64]*holding{},
		processes: map[int]*process{},
	}
}

// Resolve fills in the Owner of every socket by the socket's inode. Sockets
// that are not named are forgotten, so name all of them each time. What could
// not be seen, and what would help, is returned; owners are unknown rather
// than wrong.
func (o *Owners) Resolve(sockets []port.Socket) []port.Degraded {
	runtime.LockOSThread() // the CPU clock is that of the thread
	defer runtime.UnlockOSThread()
	began := threadTime()
	o.begin()
	o.confirm(sockets)
	asked := o.ask()
	scanned := o.search()
	for i := range sockets {
		sockets[i].Owner = o.owner(&sockets[i])
	}
	maps.DeleteFunc(o.processes, func(_ int, p *process) bool { return p.checked != o.pass })
	if scanned {
		cost := threadTime() - began - asked
		o.budget.spend(o.now, cost)
		// Nobody waits for holders that joined: a tenth of the budget is enough.
		o.rescan = o.now.Add(max(o.interval, 10*o.budget.wait(cost)))
	}
	return o.blindSpots(sockets)
}

func (o *Owners) begin() {
	o.pass++
	o.now = time.Now()
	if o.users.refresh() {
		for _, p := range o.processes {
			p.due = time.Time{}
		}
	}
}

// confirm looks whether the holders we know still hold their sockets.
func (o *Owners) confirm(sockets []port.Socket) {
	clear(o.lost)
	for i := range sockets {
		inode := sockets[i].Bind.Inode
		if inode == 0 {
			continue
		}
		h := o.holdings[inode]
		if h == nil {
			h = &holding{reason: port.UnseenPending}
			o.holdings[inode] = h
		}
		h.pass, h.uid = o.pass, sockets[i].UID
		if !o.fs.confirm(h, inode) && !h.lost() {
			o.wanted = true
		}
		if h.lost() {
			o.lost[inode] = h
		}
	}
	maps.DeleteFunc(o.holdings, func(_ uint64, h *holding) bool { return h.pass != o.pass })
}

// search scans if there is a reason to and the budget allows it, and reports
// whether it did.
func (o *Owners) search() bool {
	reason := o.wanted || len(o.lost) > 0 || !o.now.Before(o.rescan)
	if len(o.holdings) == 0 || !reason || !o.budget.allows(o.now) {
		return false
	}
	first := o.scans == 0
	o.look()
	if first && len(o.lost) > 0 {
		o.look() // a caller who asks only once shall not be put off
	}
	return true
}

// owner returns who holds a socket.
func (o *Owners) owner(s *port.Socket) port.Owner {
	owner := port.Owner{User: o.users.name(s.UID)}
	h := o.holdings[s.Bind.Inode]
	if h == nil {
		owner.Reason = port.UnseenKernel
		return owner
	}
	o.settle(h, s.Bind.Inode)
	if h.leader == nil {
		owner.Reason = h.reason
		return owner
	}
	owner.Known, owner.PIDs, owner.Leader = true, h.pids, h.leader.shown
	owner.Unit, owner.Container = h.leader.facts.unit, h.leader.facts.container
	return owner
}

// settle sees to it that a socket's holders have a leader who lives.
func (o *Owners) settle(h *holding, inode uint64) {
	if len(h.holders) == 0 || h.leader != nil && o.process(h.holders[h.lead].pid) == h.leader {
		return
	}
	if !o.elect(h, inode) {
		h.lose() // the next pass looks for others
	}
}

// elect finds the leader among the holders that are left.
func (o *Owners) elect(h *holding, inode uint64) bool {
	kins := o.fs.kins(h.holders, inode)
	if len(kins) == 0 {
		return false
	}
	if len(kins) < len(h.holders) {
		h.take(holdersOf(kins))
		o.wanted = true
	}
	k := leader(o.fs.activated(kins), o.fs.parent)
	p := o.process(k.pid)
	if p == nil || p.start != k.start || !o.fs.started(k.pid, k.start) {
		return false
	}
	h.leader, h.lead = p, slices.Index(h.holders, k.holder)
	return true
}
