package canary

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "record the kernel's answers in testdata again")

// parsers are the readers of answers, each shown as text.
func parsers() map[string]func([]byte) (string, error) {
	return map[string]func([]byte) (string, error){
		"route": func(b []byte) (string, error) { r, err := parseRoute(b); return fmt.Sprint(r.path, r.ours), err },
		"link":  func(b []byte) (string, error) { l, err := parseLink(b); return fmt.Sprintf("%+v", l), err },
		"neighbour": func(b []byte) (string, error) {
			n, on, err := parseNeighbour(b)
			return fmt.Sprint(n.address, n.state, on, n.confirmed < time.Minute), err
		},
	}
}

// TestRecordedAnswers reads what a real kernel once said.
func TestRecordedAnswers(t *testing.T) {
	if (*update || os.Getenv(aloneVariable) != "") && alone(t) {
		record(t)
		return
	}
	tests := []struct{ file, parser, want string }{
		{"route-gateway", "route", "link 2 via 10.0.0.1 false"},
		{"route-gateway6", "route", "link 2 via fe80::1 false"},
		{"route-via", "route", "link 2 via fe80::1 false"},
		{"route-link", "route", "link 2 false"},
		{"route-ours", "route", "link 1 true"},
		{"link-up", "link", "{index:2 name:eth0 flags:69699 state:6 flaps:2 loopback:false bridge:false master:0}"},
		{"link-loopback", "link", "{index:1 name:lo flags:65609 state:0 flaps:0 loopback:true bridge:false master:0}"},
		{"neighbour", "neighbour", "10.0.0.1 2 2 true"},
	}
	for _, tt := range tests {
		b, err := os.ReadFile(filepath.Join("testdata", tt.file+".bin"))
		must(t, err)
		got, err := parsers()[tt.parser](b)
		if err != nil || got != tt.want {
			t.Errorf("%s: %s %v, want %s", tt.file, got, err, tt.want)
		}
	}
}

// record asks this kernel and keeps what its answers hold.
func record(t *testing.T) {
	w := newWorld(t)
	ip(t, "route add 198.51.100.0/24 via inet6 fe80::1 dev eth0")
	keep := func(name string) func([]byte) error {
		return func(b []byte) error { return os.WriteFile(filepath.Join("testdata", name+".bin"), b, 0o644) }
	}
	net := w.canary.net
	for name, to := range map[string]string{"gateway": farHost, "gateway6": farHost6, "via": "198.51.100.1", "link": lanHost, "ours": "10.0.0.2"} {
		must(t, net.ask(unix.RTM_GETROUTE, 0, routeRequest(netip.MustParseAddr(to)), keep("route-"+name)))
	}
	for index, name := range map[byte]string{1: "link-loopback", 2: "link-up"} {
		must(t, net.ask(unix.RTM_GETLINK, 0, append([]byte{0, 0, 0, 0, index}, make([]byte, 11)...), keep(name)))
	}
	must(t, net.ask(unix.RTM_GETNEIGH, unix.NLM_F_DUMP, make([]byte, unix.SizeofNdMsg), func(b []byte) error {
		if n, _, err := parseNeighbour(b); err != nil || n.address != netip.MustParseAddr(theGateway) {
			return err
		}
		return keep("neighbour")(b)
	}))
}

// packet makes a netlink message.
func packet(kind uint16, sequence uint32, payload []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerSize+len(payload)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_MULTI)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = binary.NativeEndian.AppendUint32(b, 0)
	return append(b, payload...)
}

func TestReadAnswer(t *testing.T) {
	refusal := -int32(unix.ENETUNREACH)
	errno := binary.NativeEndian.AppendUint32(nil, uint32(refusal))
	one, two := packet(unix.RTM_NEWLINK, 7, []byte("one.")), packet(unix.RTM_NEWLINK, 7, []byte("two."))
	stop := errors.New("stop")
	tests := []struct {
		name   string
		answer []byte
		dump   bool
		seen   string
		done   bool
		err    error
	}{
		{"nothing yet", nil, true, "", false, nil},
		{"one answer", one, false, "one.", true, nil},
		{"a piece of a dump", slices.Concat(one, two), true, "one.two.", false, nil},
		{"the end of a dump", slices.Concat(two, packet(unix.NLMSG_DONE, 7, make([]byte, 4))), true, "two.", true, nil},
		{"a refusal", packet(unix.NLMSG_ERROR, 7, errno), false, "", true, unix.ENETUNREACH},
		{"an answer to somebody else", slices.Concat(packet(unix.RTM_NEWLINK, 6, []byte("old.")), one), false, "one.", true, nil},
		{"one that does not fit", one[:len(one)-1], false, "", false, errBadMessage},
		{"one that the reader cannot read", packet(unix.RTM_NEWLINK, 7, []byte("bad!")), true, "bad!", false, stop},
	}
	for _, tt := range tests {
		var seen []byte
		done, err := readAnswer(tt.answer, 7, tt.dump, func(b []byte) error {
			seen = append(seen, b...)
			if string(b) == "bad!" {
				return stop
			}
			return nil
		})
		if string(seen) != tt.seen || done != tt.done || err != tt.err {
			t.Errorf("%s: saw %q, done %v, %v", tt.name, seen, done, err)
		}
	}
}

func TestTrouble(t *testing.T) {
	const well = unix.IFF_UP | unix.IFF_LOWER_UP | unix.IFF_RUNNING
	tests := []struct {
		link link
		want string
	}{
		{link{flags: well}, ""},
		{link{flags: well &^ unix.IFF_UP}, "is down"},
		{link{flags: unix.IFF_UP}, "has lost its carrier"},
		{link{flags: well &^ unix.IFF_RUNNING, state: 5}, "waits to be let in"},
		{link{flags: well &^ unix.IFF_RUNNING, state: 2}, "is not running"},
	}
	for _, tt := range tests {
		if got := tt.link.trouble(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.link, got, tt.want)
		}
	}
}

// FuzzReadAnswer gives the readers of answers whatever bytes there are: they
// must not read past them, nor see more messages than they can hold.
func FuzzReadAnswer(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatal("no recorded answers: ", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packet(unix.RTM_NEWLINK, 1, b), true)
		f.Add(slices.Concat(packet(unix.RTM_NEWLINK, 1, b[:len(b)/2]), packet(unix.NLMSG_DONE, 1, nil)), false)
	}
	read := slices.Collect(maps.Values(parsers()))
	f.Fuzz(func(t *testing.T, b []byte, dump bool) {
		seen := 0
		_, err := readAnswer(bytes.Clone(b), 1, dump, func(payload []byte) error {
			seen += headerSize + len(payload)
			for _, parse := range read {
				if _, err := parse(payload); err != nil && err != errShortMessage {
					t.Fatalf("%v for % x", err, payload)
				}
			}
			return nil
		})
		if seen > len(b) {
			t.Fatalf("%d bytes of messages out of %d", seen, len(b))
		}
		if err == nil && len(b) > 0 && len(b) < headerSize {
			t.Fatal("less than a header was taken for a message")
		}
	})
}

// TestNeighboursAreHeard tells who spoke since a moment from who did not.
func TestNeighboursAreHeard(t *testing.T) {
	now := time.Unix(1000, 0)
	since := now.Add(-time.Second)
	tests := []struct {
		name  string
		n     neighbour
		heard bool
	}{
		{"just confirmed", neighbour{state: unix.NUD_REACHABLE, confirmed: 100 * time.Millisecond}, true},
		{"confirmed by a connection", neighbour{state: unix.NUD_DELAY, confirmed: 100 * time.Millisecond}, true},
		{"confirmed before", neighbour{state: unix.NUD_REACHABLE, confirmed: 2 * time.Second}, false},
		{"asked for", neighbour{state: unix.NUD_INCOMPLETE, confirmed: 100 * time.Millisecond}, false},
		{"gone", neighbour{state: unix.NUD_FAILED, confirmed: 100 * time.Millisecond}, false},
		{"a group, which nobody asks for", neighbour{state: unix.NUD_NOARP, confirmed: 0}, false},
		{"of which nothing is said", neighbour{state: unix.NUD_REACHABLE, confirmed: unconfirmed}, false},
	}
	for _, tt := range tests {
		if got := tt.n.heard(now, since); got != tt.heard {
			t.Errorf("%s: heard %v", tt.name, got)
		}
	}
}
