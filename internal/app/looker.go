package app

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/kernel"
	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/watch"
)

// ownerShare is the part of the budget for finding owners. Looks and counts
// take half of it, and a quarter is left for other namespaces.
const ownerShare = 0.25

// usualClients is how many of a port's busiest clients are named.
const usualClients = 10

// A Looker looks at this machine when asked to, without a server. It is for
// one goroutine.
type Looker struct {
	reader *kernel.Reader
	ports  *watch.Ports
	board  *board.Board
}

// A LookConfig says what is looked at, and at what cost.
type LookConfig struct {
	WatchPorts []uint16      // counted even while nobody listens
	Clients    int           // busiest clients to name per port; 10
	Source     string        // of sockets: "" for the best there is, "netlink", "procfs"
	Interval   time.Duration // between two looks; 0: whenever asked
	Budget     float64       // share of one core that looking again and again may use; 0: as much as it takes
}

// OpenLooker opens what is needed to look.
func OpenLooker(c LookConfig) (*Looker, error) {
	reader, ports, b, err := openPorts(c, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return &Looker{reader, ports, b}, nil
}

// Look asks the kernel and returns what is true now.
func (l *Looker) Look(ctx context.Context) (*board.View, error) {
	if err := l.ports.Look(ctx); err != nil {
		return nil, err
	}
	return l.board.View(), nil
}

// Close lets go of the kernel.
func (l *Looker) Close() error { return l.reader.Close() }

// openPorts opens the kernel and makes the watcher of ports and the board that
// it feeds: what every command has in common. With closures the kernel tells
// of closed sockets, at a cost that only a server should ask for.
func openPorts(c LookConfig, closures bool, log *slog.Logger) (*kernel.Reader, *watch.Ports, *board.Board, error) {
	c.Budget, c.Clients, c.Interval = cmp.Or(c.Budget, 1), cmp.Or(c.Clients, usualClients), cmp.Or(c.Interval, time.Nanosecond)
	watched := slices.Compact(slices.Sorted(slices.Values(c.WatchPorts)))
	reader, err := kernel.Open(kernel.Options{
		Source: c.Source, NoClosures: !closures,
		Owners: procfs.OwnersOptions{Budget: c.Budget * ownerShare},
	})
	if err != nil {
		return nil, nil, nil, err
	}
	machine, err := reader.Machine(context.Background())
	if err != nil {
		reader.Close()
		return nil, nil, nil, err
	}
	b := board.New(machine, time.Now())
	return reader, &watch.Ports{
		Kernel: reader, Sink: b, Log: log,
		Machine: machine, Watched: watched, Clients: c.Clients, Interval: c.Interval, Budget: c.Budget,
	}, b, nil
}
