package term

import (
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// now is when the machine of these tests is looked at.
var now = time.Date(2026, 3, 1, 10, 4, 5, 0, time.UTC)

// hostile is what somebody might call a process to act on a terminal.
const hostile = "<img src=x>\x1b[2J\x1b]0;owned\x07\u202egpj"

// machine is a view with one of everything that tables show.
func machine(established uint32) *board.View {
	b := board.New(port.Machine{Host: "web-07"}, now)
	s := port.Snapshot{
		Machine: port.Machine{Host: "web-07"},
		Watched: []uint16{9999},
		Listening: port.Listening{
			At: now, Sockets: sockets(), NetNS: 1, Ephemeral: port.Range{Low: 32768, High: 60999},
			Degraded: []port.Degraded{{Code: "owners", Text: "the owner of 1 listening socket is unknown: missing CAP_SYS_PTRACE", Hint: "run as root"}},
		},
		Connections: port.Connections{At: now, TimeWait: 12, Clients: clients()},
	}
	for _, p := range []uint16{22, 3000, 3001, 5432, 6666, 8500, 9200, 9999, 44437} {
		c := port.Counts{}
		if p == 8500 {
			c = port.Counts{Established: established, Unaccepted: 3, CloseWait: 31, FinWait2: 1}
		}
		s.Connections.Ports = append(s.Connections.Ports, port.PortCount{Port: p, Family: port.IPv4, Counts: c}, port.PortCount{Port: p, Family: port.IPv6})
	}
	b.Ports(s, port.Fold(&s))
	return b.View()
}

func clients() []port.Clients {
	return []port.Clients{
		{Port: 8500, Distinct: 31, Other: 24, Top: []port.Client{
			{Addr: netip.MustParseAddr("10.0.4.9"), Connections: 187},
			{Addr: netip.MustParseAddr("2001:db8:1234:5678:9abc:def0:1234:5678"), Connections: 52},
		}},
		{Port: 9200, Distinct: 1024, Error: 7, Top: []port.Client{{Addr: netip.MustParseAddr("10.0.4.1"), Connections: 40}}},
	}
}

func sockets() []port.Socket {
	shop := owner(811, "node", "deploy", 9*time.Hour, port.Process{Exe: "/usr/bin/node", Script: "server.js", Cwd: "/srv/shop", ExeDeleted: true})
	shop2 := owner(1207, "node", "deploy", 4*time.Minute, port.Process{Exe: "/usr/bin/node", Script: "server.js", Cwd: "/srv/shop"})
	evil := owner(666, hostile, "nobody", 35*time.Second, port.Process{Exe: "/tmp/\x1b[31mevil"})
	sshd := unit("ssh.service", owner(400, "sshd", "root", 12*24*time.Hour, port.Process{Exe: "/usr/sbin/sshd"}))
	elastic := unit("elasticsearch.service", owner(655, "java", "elastic", 4*24*time.Hour, port.Process{Exe: "/usr/bin/java"}))
	elastic.PIDs = []int{655, 656, 657}
	return []port.Socket{
		socket(22, "0.0.0.0", 1, sshd, queue(0, 128, 0)),
		socket(22, "::", 2, sshd, queue(0, 128, 0)),
		socket(3000, "0.0.0.0", 3, shop, queue(0, 511, 0)),
		socket(3001, "::", 4, shop2, queue(0, 511, 2)),
		socket(5432, "127.0.0.1", 5, port.Owner{Reason: port.UnseenPermission, User: "postgres"}, queue(0, 244, 0)),
		socket(6666, "::1", 6, evil, queue(0, 5, 0)),
		socket(7000, "0.0.0.0", 7, owner(77, "größe-サーバー", "ユーザー", 47*time.Hour, port.Process{Exe: "/opt/サーバー"}), port.Queue{Length: 1}),
		socket(8500, "10.0.0.5", 8, unit("consul.service", owner(700, "consul", "consul", 12*24*time.Hour, port.Process{Exe: "/usr/bin/consul"})), queue(3, 4096, 0)),
		socket(9200, "::", 9, elastic, queue(51, 50, 9)),
		socket(44437, "127.0.0.1", 10, owner(5866, "python3", "root", time.Minute, port.Process{Exe: "/usr/bin/python3"}), queue(0, 5, 0)),
		udp(socket(68, "0.0.0.0", 11, unit("networking.service", owner(300, "dhclient", "root", 12*24*time.Hour, port.Process{Exe: "/sbin/dhclient"})), port.Queue{})),
		elsewhere(socket(80, "0.0.0.0", 12, port.Owner{Reason: port.UnseenNetNS}, queue(0, 128, 0))),
		elsewhere(socket(40001, "127.0.0.11", 13, port.Owner{Reason: port.UnseenNetNS}, queue(0, 128, 0))),
	}
}

func socket(p uint16, addr string, inode uint64, o port.Owner, q port.Queue) port.Socket {
	a := netip.MustParseAddr(addr)
	return port.Socket{
		Proto: port.TCP, Port: p, NetNS: 1, Owner: o,
		Bind: port.Bind{Addr: a, Family: port.FamilyOf(a), Scope: port.ScopeOf(a), Inode: inode, Queue: q},
	}
}

func udp(s port.Socket) port.Socket {
	s.Proto = port.UDP
	return s
}

func elsewhere(s port.Socket) port.Socket {
	s.NetNS = 2
	return s
}

func queue(length, limit, drops uint32) port.Queue {
	return port.Queue{Known: true, Length: length, Limit: limit, Drops: drops, Full: length > limit}
}

func owner(pid int, name, user foreign.Text, age time.Duration, p port.Process) port.Owner {
	p.PID, p.Name, p.User, p.StartedAt = pid, name, user, now.Add(-age)
	return port.Owner{Known: true, User: user, PIDs: []int{pid}, Leader: &p}
}

func unit(name foreign.Text, o port.Owner) port.Owner {
	o.Unit = name
	return o
}
