package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/metrics"
)

// A TextfileConfig says what Textfile writes, where and how often.
type TextfileConfig struct {
	Directory, File string
	WatchPorts      []uint16
	Interval        time.Duration // between two writings
	Once            bool          // write once; the file stays
	Clients         bool          // a series per busy client
	Version         string
}

// Textfile is `textfile`: it writes the metrics of this machine's ports for
// node_exporter until ctx ends, and then removes them, for old numbers look
// like new ones. The first writing must succeed; later ones are logged and
// tried again.
func Textfile(ctx context.Context, c TextfileConfig, log *slog.Logger) error {
	if c.Interval < time.Second && !c.Once {
		return usage(fmt.Errorf("interval %v is shorter than a second", c.Interval), "node_exporter is rarely scraped more often than every 15s")
	}
	looker, err := OpenLooker(LookConfig{WatchPorts: c.WatchPorts, Budget: 0.01})
	if err != nil {
		return err
	}
	defer looker.Close()
	gather := metrics.NewGatherer(metrics.NewCollector(looker, metrics.Options{
		Clients: metricsClients(c.Clients, looker.ports.Clients),
		Self:    metrics.Self{Version: c.Version, Revision: revision()},
	}))
	write := func() error { return looker.writeTextfile(ctx, c, gather) }
	if err := write(); err != nil || c.Once {
		return err
	}
	defer removeTextfile(c, log)
	ticker := time.NewTicker(c.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := write(); err != nil && ctx.Err() == nil {
			log.Error("cannot write textfile", "err", err)
		}
	}
}

// View is what the last look saw: a Looker is a metrics.Board.
func (l *Looker) View() *board.View { return l.board.View() }

func (l *Looker) writeTextfile(ctx context.Context, c TextfileConfig, gather prometheus.Gatherer) error {
	if _, err := l.Look(ctx); err != nil {
		return err
	}
	err := metrics.WriteTextfile(c.Directory, c.File, gather)
	var wrong *metrics.TextfileError
	if errors.As(err, &wrong) && wrong.Err == nil {
		return UsageError{err} // the names alone are wrong
	}
	return err
}

func removeTextfile(c TextfileConfig, log *slog.Logger) {
	if err := metrics.RemoveTextfile(c.Directory, c.File); err != nil {
		log.Error("cannot remove textfile", "err", err)
	}
}
