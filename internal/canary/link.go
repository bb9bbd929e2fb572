package canary

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A link is a network interface as the kernel describes it.
type link struct {
	index    int
	name     foreign.Text
	flags    uint32 // IFF_…
	state    uint8  // IF_OPER_… of RFC 2863
	flaps    uint32 // how often the carrier came or went
	loopback bool
	bridge   bool
	master   int // the bridge or bond that it is a port of; 0: none
}

// errNoLink says that the kernel knows no link of an index.
var errNoLink = errors.New("no such link")

// link asks for one link.
func (r *rtnetlink) link(index int) (found link, err error) {
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], uint32(index))
	err = r.ask(unix.RTM_GETLINK, 0, body, func(payload []byte) error {
		found, err = parseLink(payload)
		return err
	})
	if err == unix.ENODEV {
		err = errNoLink
	}
	return found, err
}

// links asks for all of them.
func (r *rtnetlink) links() (all []link, err error) {
	err = r.ask(unix.RTM_GETLINK, unix.NLM_F_DUMP, make([]byte, unix.SizeofIfInfomsg), func(payload []byte) error {
		l, err := parseLink(payload)
		all = append(all, l)
		return err
	})
	return all, err
}

// parseLink reads a struct ifinfomsg and the attributes behind it.
func parseLink(b []byte) (link, error) {
	if len(b) < unix.SizeofIfInfomsg {
		return link{}, errShortMessage
	}
	l := link{index: int(int32(binary.NativeEndian.Uint32(b[4:]))), flags: binary.NativeEndian.Uint32(b[8:])}
	l.loopback = l.flags&unix.IFF_LOOPBACK != 0
	for kind, value := range attributes(b[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_IFNAME:
			l.name = foreign.Text(bytes.TrimRight(value, "\x00"))
		case unix.IFLA_OPERSTATE:
			if len(value) == 1 {
				l.state = value[0]
			}
		case unix.IFLA_CARRIER_CHANGES:
			l.flaps = number(value)
		case unix.IFLA_MASTER:
			l.master = int(number(value))
		case unix.IFLA_LINKINFO:
			l.bridge = kindOf(value) == "bridge"
		}
	}
	return l, nil
}

// kindOf returns what a link is, by the attributes that tell of it.
func kindOf(info []byte) string {
	for kind, value := range attributes(info) {
		if kind == unix.IFLA_INFO_KIND {
			return string(bytes.TrimRight(value, "\x00"))
		}
	}
	return ""
}

// trouble says what is wrong with the link, "" when packets can leave by it.
// IFF_LOWER_UP is the carrier; IFF_RUNNING comes a moment after it, and not
// before a link that must log in first has done so (linux/if.h).
func (l *link) trouble() string {
	const dormant = 5 // IF_OPER_DORMANT
	switch {
	case l.flags&unix.IFF_UP == 0:
		return "is down"
	case l.flags&unix.IFF_LOWER_UP == 0:
		return "has lost its carrier"
	case l.state == dormant:
		return "waits to be let in"
	case l.flags&unix.IFF_RUNNING == 0:
		return "is not running"
	}
	return ""
}

// cut returns what is wrong with the link as far as that can silence others. A
// bridge loses its carrier with its last port. Where those who were behind it
// live on this machine, as containers do, their end is not our trouble; a port
// that is up and has no carrier is a cable.
func (r *rtnetlink) cut(l *link) string {
	trouble := l.trouble()
	if trouble == "" || !l.bridge || l.flags&unix.IFF_UP == 0 {
		return trouble
	}
	all, err := r.links()
	if err != nil {
		return trouble
	}
	for i := range all {
		if port := &all[i]; port.master == l.index && port.flags&unix.IFF_UP != 0 && port.trouble() != "" {
			return trouble
		}
	}
	return ""
}
