package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

// TCP states as /proc/net/tcp writes them (include/net/tcp_states.h).
const (
	established = "01"
	closeWait   = "08"
	listening   = "0A"
)

// socket is a row of /proc/net/{tcp,udp}{,6}.
type socket struct {
	local, remote netip.AddrPort
	state, inode  string
}

// readings is how often a table is read at most until it holds still.
const readings = 20

// sockets returns the kernel's rows of table whose local port is port. The kernel
// writes a table piece by piece, and finds the place of the next piece by
// counting rows: when anybody's sockets come or go meanwhile, rows of ours come
// twice or not at all. So each counts once, and the table is read until two
// readings in a row have the same.
func sockets(t *testing.T, table string, port int) []socket {
	t.Helper()
	last := reading(t, table, port)
	for range readings {
		next := reading(t, table, port)
		if maps.Equal(next, last) {
			break
		}
		last = next
	}
	return slices.Collect(maps.Keys(last))
}

// reading reads the table once.
func reading(t *testing.T, table string, port int) map[socket]bool {
	t.Helper()
	text, err := os.ReadFile("/proc/net/" + table)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[socket]bool{}
	mark := fmt.Sprintf(":%04X ", port)
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, mark) { // thousands of foreign rows are not worth parsing
			continue
		}
		fields := strings.Fields(line)
		row := socket{endpoint(t, fields[1]), endpoint(t, fields[2]), fields[3], fields[9]}
		if int(row.local.Port()) == port {
			rows[row] = true
		}
	}
	return rows
}

// endpoint reads "0100007F:2134": the address in words of the machine's
// (little-endian) byte order, the port in plain hexadecimal.
func endpoint(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	address, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(address)
	if err != nil {
		t.Fatal(err)
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	addr, _ := netip.AddrFromSlice(raw)
	var number uint16
	if _, err := fmt.Sscanf(port, "%X", &number); err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(addr.Unmap(), number)
}

// count is the number of rows in a state, over both TCP tables.
func count(t *testing.T, port int, state string) int {
	t.Helper()
	n := 0
	for _, table := range []string{"tcp", "tcp6"} {
		for _, row := range sockets(t, table, port) {
			if row.state == state {
				n++
			}
		}
	}
	return n
}

func TestATakenPortMakesItTakeTheNext(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	options, err := parseOptions([]string{"-p", fmt.Sprint(port), "--next", "20"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := listen(options, newLogger(io.Discard, false))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := int(s.Port()); got <= port || got > port+20 {
		t.Errorf("it took port %d, want one of the 20 after %d", got, port)
	}
}
