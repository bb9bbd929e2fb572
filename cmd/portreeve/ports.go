package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type portsCmd struct {
	Filter []string `arg:"" optional:"" complete:"filter" help:"Terms that a listener must meet, all of them."`
	Sort   string   `placeholder:"KEY" complete:"sort" help:"Sort by port, bind, service, owner, up, connections, clients or queue; -KEY reverses. Without it problems come first."`
	All    bool     `short:"a" help:"Also listeners that only other network namespaces can reach."`
	JSON   bool     `help:"Print JSON, as the API does."`
	Watch  bool     `short:"w" help:"Look every second until Ctrl-C; with --json a line of JSON each."`
	Accept bool     `help:"Print today's listeners as an expect: block of the configuration."`
}

const filterHelp = `
  port:3000-3010,8080   on one of these ports
  proto:udp             of this protocol: tcp, udp
  scope:all,public      reachable from: loopback, link_local, private, public, all
  state:problem         in this state: ok, unknown, warning, problem
  process:node          process, executable or script with this in its name
  service:shop          likewise user:, unit:, container:
  pid:811               held by this process
  addr:10.0.0.0/8       bound to an address in this prefix
  family:ipv6           bound to an address of this family: ipv4, ipv6
  netns:other           in this network namespace: own, other
  nginx                 with this anywhere in names, addresses and port
  -user:root            not meeting the term behind the minus
`

// Help is the long help.
func (portsCmd) Help() string {
	return `One row per service and port: IPv4, IPv6 and SO_REUSEPORT sockets are one row. In cells "?" is unknown, "-" does not apply. QUEUE is connections waiting for the server / the limit, dN for packets dropped.

Terms of a filter, where commas mean or:
` + filterHelp + `
Examples:

  portreeve ports                          what listens, problems first
  portreeve ports scope:all -user:root     what others can reach and root does not hold
  portreeve ports node --sort -connections
  portreeve ports --watch port:3000-3010
`
}

// Run shows the listeners.
func (c *portsCmd) Run(ctx context.Context, s streams) error {
	return app.Ports(ctx, app.PortsOptions{
		Filter: c.Filter, Sort: c.Sort, All: c.All, JSON: c.JSON, Watch: c.Watch, Accept: c.Accept,
	}, s.out, s.err)
}
