package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
)

// maxName is the longest process name in bytes: the kernel's TASK_COMM_LEN is
// 16 with the closing NUL (linux/sched.h).
const maxName = 15

// Options say what to open. The zero value is not usable; parseOptions gives
// a checked one.
type Options struct {
	Port        uint16
	Next        int
	Connections int
	IPv         string
	Accept      bool
	Backlog     int
	Addr        netip.Addr
	ClientsFrom []netip.Addr
	UDP         bool
	ReusePort   bool
	Name        string
	Timeout     time.Duration
	Verbose     bool
}

// parseOptions reads the command line. Every error it returns has a hint, save
// flag.ErrHelp, which asks for the usage text.
func parseOptions(args []string) (Options, error) {
	var o Options
	var r raw
	flags := newFlags(&o, &r)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, hint(err, "portopener --help lists the flags")
	}
	if flags.NArg() > 0 {
		return o, hint(fmt.Errorf("unexpected argument %q", flags.Arg(0)), "everything is a flag: portopener -p 8500 -n 200")
	}
	return o, r.check(&o)
}

// raw holds the flags whose text is checked after parsing.
type raw struct {
	port        int
	addr        string
	clientsFrom string
}

func newFlags(o *Options, r *raw) *flag.FlagSet {
	flags := flag.NewFlagSet("portopener", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.IntVar(&r.port, "p", 0, "listen on this `port`; 0 lets the kernel choose one")
	flags.IntVar(&o.Next, "next", 0, "where the port is taken, try this `number` of ports after it")
	flags.IntVar(&o.Connections, "n", 0, "hold this `number` of client connections")
	flags.StringVar(&o.IPv, "ipv", "4", "IP version: 4, 6 or both (half of the connections each)")
	flags.BoolVar(&o.Accept, "accept", true, "accept connections; --accept=false leaves them in the accept queue")
	flags.IntVar(&o.Backlog, "backlog", 0, "`limit` of the accept queue; 0 means the system's (net.core.somaxconn)")
	flags.StringVar(&r.addr, "addr", "", "bind to this `address` (default loopback); :: with --ipv both is one dual-stack socket")
	flags.StringVar(&r.clientsFrom, "clients-from", "", "source `addresses` of the clients, in turn: 127.0.0.2,127.0.0.3")
	flags.BoolVar(&o.UDP, "udp", false, "open UDP sockets instead of TCP ones")
	flags.BoolVar(&o.ReusePort, "reuseport", false, "set SO_REUSEPORT, so that several portopeners share the port")
	flags.StringVar(&o.Name, "name", "", "process `name` to take, as comm and as argv[0]; at most 15 bytes")
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Second, "give a connection up after this `time`")
	flags.BoolVar(&o.Verbose, "v", false, "say on standard error what happens")
	return flags
}

// usage lists the flags.
func usage() string {
	var o Options
	var r raw
	var b strings.Builder
	flags := newFlags(&o, &r)
	flags.SetOutput(&b)
	fmt.Fprint(&b, "usage: portopener [-p PORT] [-n NUMBER] [flags]\n")
	flags.PrintDefaults()
	fmt.Fprint(&b, "commands on standard input: open N, close-clients, close-listener, close-server, quit\n")
	return b.String()
}

// check moves the raw values into o and finds what cannot be meant.
func (r raw) check(o *Options) error {
	if r.port < 0 || r.port > 65535 {
		return hint(fmt.Errorf("-p %d: not a port", r.port), "a port is a number from 1 to 65535; 0 lets the kernel choose")
	}
	o.Port = uint16(r.port)
	if err := o.checkNumbers(); err != nil {
		return err
	}
	if o.IPv != "4" && o.IPv != "6" && o.IPv != "both" {
		return hint(fmt.Errorf("--ipv %q: not an IP version", o.IPv), "use --ipv 4, --ipv 6 or --ipv both")
	}
	return r.checkAddresses(o)
}

func (o *Options) checkNumbers() error {
	switch {
	case o.Next < 0:
		return hint(fmt.Errorf("--next %d: less than none", o.Next), "give the number of ports to try after -p")
	case o.Connections < 0:
		return hint(fmt.Errorf("-n %d: less than none", o.Connections), "give the number of connections to hold, or leave -n out")
	case o.Backlog < 0:
		return hint(fmt.Errorf("--backlog %d: less than none", o.Backlog), "give the limit of the accept queue, or 0 for the system's")
	case o.Timeout <= 0:
		return hint(fmt.Errorf("--timeout %s: no time at all", o.Timeout), "give a time such as 5s")
	case len(o.Name) > maxName:
		return hint(fmt.Errorf("--name %q: %d bytes", o.Name, len(o.Name)), "the kernel keeps 15 bytes of a process name")
	case strings.ContainsRune(o.Name, 0):
		return hint(fmt.Errorf("--name %q: holds a NUL byte", o.Name), "the kernel ends a process name at the first NUL")
	case o.UDP && (!o.Accept || o.Backlog > 0):
		return hint(fmt.Errorf("--udp with --accept or --backlog"), "UDP has no accept queue: leave one of the flags out")
	}
	return nil
}
