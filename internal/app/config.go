// Package app wires the house: it is the only package that knows all others.
// [Run] is `portreeve serve`; a [Looker] is one look without a server, for the
// commands that print tables; [Textfile] writes metrics for node_exporter.
package app

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A Config is what `serve` runs with. The zero value of a field means its
// default, from [Config.withDefaults].
type Config struct {
	Listen     string        // address:port of page, API and metrics; 127.0.0.1:9860
	Insecure   bool          // permits a Listen address that others can reach
	Hosts      []string      // names by which the page may be asked for, besides this machine's own
	Database   string        // of the journal: sqlite:FILE or memory:
	WatchPorts []uint16      // counted even while nobody listens
	Clients    int           // busiest clients to name per port; 10
	Interval   time.Duration // between looks at the listening sockets; 1s
	Budget     float64       // share of one core that looking may use; 0.01
	Source     string        // of sockets: "" for the best there is, "netlink", "procfs"
	Checks     []health.Spec

	MetricsClients bool // a series per busy client: off, for its cardinality
	Version        string
	Ready          func(url string) // called once the page answers
}

// DefaultListen is where the page is when nobody says otherwise.
const DefaultListen = "127.0.0.1:9860"

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Database == "" {
		c.Database = "sqlite:portreeve.db"
	}
	if c.Clients == 0 {
		c.Clients = 10
	}
	if c.Interval == 0 {
		c.Interval = time.Second
	}
	if c.Budget == 0 {
		c.Budget = 0.01
	}
	slices.Sort(c.WatchPorts)
	c.WatchPorts = slices.Compact(c.WatchPorts)
	for i := range c.Checks {
		c.Checks[i] = c.Checks[i].WithDefaults(health.DefaultProfile())
	}
	return c
}

// validate returns the first thing that is wrong, as a UsageError.
func (c Config) validate() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return usage(fmt.Errorf("listen address %q: %w", c.Listen, err), "write ADDRESS:PORT, as in "+DefaultListen)
	}
	if !c.Insecure && !loopback(host) {
		return usage(fmt.Errorf("listen address %q can be reached from other machines, and nothing asks them who they are", c.Listen),
			"listen on 127.0.0.1 behind a reverse proxy, or add --insecure if that is what you want")
	}
	for _, p := range c.WatchPorts {
		if p == 0 {
			return usage(fmt.Errorf("port 0 cannot be watched"), "ports are 1 to 65535")
		}
	}
	for _, host := range c.Hosts {
		if host == "" || strings.ContainsAny(host, "/ :@") {
			return usage(fmt.Errorf("%q is no host name", host), "write the bare name, as in --host ports.example.org")
		}
	}
	return c.validateChecks()
}

func (c Config) validateChecks() error {
	names := map[string]bool{}
	for _, s := range c.Checks {
		if errs := s.Validate(); errs != nil {
			return usage(fmt.Errorf("check %q: %w", s.Target, errs[0]), checkHint(errs[0].Field))
		}
		if names[s.Name] {
			return usage(fmt.Errorf("check %q is given twice", s.Name), "name each target once")
		}
		names[s.Name] = true
	}
	return nil
}

// checkHint says how to write the field of a check that is wrong.
func checkHint(field string) string {
	switch field {
	case "interval", "timeout":
		return "give --check-interval a time such as 30s; the shortest is " + health.MinInterval.String()
	}
	return "write a check as tcp://HOST:PORT"
}

// notices returns what the configuration gives up, for the page to say.
func notices(c Config) []port.Degraded {
	if !c.Insecure {
		return nil
	}
	return []port.Degraded{{
		Code: "insecure", Text: "anybody who can reach " + c.Listen + " can read this page",
		Hint: "listen on 127.0.0.1 behind a reverse proxy that asks who they are",
	}}
}

// loopback reports whether a host to listen on is this machine's alone.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
