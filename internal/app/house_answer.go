package app

import (
	"context"
	"crypto/tls"
	"net"
	"os"

	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/web"
)

// answer adds the server of page, API and metrics.
func (h *house) answer(ln net.Listener, secure *tls.Config) {
	c := h.config
	collector := metrics.NewCollector(h.board, metrics.Options{
		Clients: metricsClients(c.Metrics.Clients, usualClients),
		Self: metrics.Self{
			Version: c.Version, Revision: revision(), Journal: h.journalMetrics, Mirror: h.mirrorMetrics(), Channels: h.channels,
			Schedule: h.schedule, Reload: h.reloads.state,
		},
	})
	options := web.Options{
		Version: c.Version, Hosts: c.Hosts, PublicRead: c.publicRead(), TLS: secure,
		Metrics: metrics.Handler(collector, h.log), Health: h.health, Notices: notices(c),
		History: past{h.journal, h.latency}, Registry: h.registry, Alerts: h.alerts,
		Asker: newLive(h.asker), Flappy: c.Flappy.Enabled, FlappyAllow: c.Flappy.Allow,
		MaxConns: h.asker.shares.conns, MaxStreams: h.asker.shares.streams, MaxLive: h.asker.shares.callers,
	}
	if h.tokens != nil {
		options.Tokens = h.tokens
	}
	h.signUps(&options)
	options.Heartbeats = nurse{options.Heartbeats, h.registry, h.log}
	h.announce(ln, &options)
	server := web.New(h.board, h.journal, options, h.log)
	h.observers = append(h.observers, func(ctx context.Context) error {
		h.log.Info("started", "version", c.Version, "pid", os.Getpid(), "page", h.page, "config", c.File, "checks", len(c.Checks))
		if c.publicRead() && !c.Loopback() {
			h.log.Warn("anybody who can reach this address can read everything", "listen", c.Listen)
		}
		if c.Ready != nil {
			c.Ready(h.page)
		}
		return server.Serve(ctx, ln)
	})
}
