package sockdiag

import (
	"bytes"
	"encoding/binary"
	"flag"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "record the kernel's answers in testdata again")

// recorded are the queries whose answers are kept in testdata, as seeds and
// as facts of a real kernel.
var recorded = map[string]Query{
	"listen":      {Protocol: TCP, States: StatesOf(Listen), Memory: true},
	"established": {Protocol: TCP, States: StatesOf(Established, CloseWait, FinWait2)},
	"udp":         {Protocol: UDP, States: StatesOf(Closed), Memory: true},
	"refused":     {Protocol: 250, States: StatesOf(Listen)},
}

// seedSequence is the sequence number of every recorded answer.
const seedSequence = 1

// record asks this kernel and keeps its answers.
func record(t *testing.T) {
	t.Helper()
	enterNetNS(t)
	populate(t)
	for name, q := range recorded {
		c := newConn(t)
		c.request = appendRequest(nil, &q, unix.AF_INET6, nil, seedSequence)
		if err := c.send(); err != nil {
			t.Fatal(err)
		}
		var answer []byte
		for !bytes.Contains(answer, ending16(unix.NLMSG_DONE)) {
			n, err := c.receive()
			if err != nil {
				t.Fatal(err)
			}
			answer = append(answer, c.answer[:n]...)
		}
		if err := os.WriteFile(filepath.Join("testdata", name+".bin"), answer, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// ending16 is how the header of an ending message goes on after its length.
func ending16(kind uint16) []byte {
	b := binary.NativeEndian.AppendUint16(nil, kind)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_MULTI)
	return binary.NativeEndian.AppendUint32(b, seedSequence)
}

// populate opens IPv6 sockets of every sort that the recorded queries find.
func populate(t *testing.T) {
	l, p := listen(t, "tcp6", "[::1]:8500")
	listen(t, "tcp", ":443")
	for range 2 {
		client, err := net.DialTCP("tcp6", nil, &net.TCPAddr{IP: net.IPv6loopback, Port: int(p)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	server.Close()
	u, err := net.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
}

func TestRecordedAnswers(t *testing.T) {
	if *update {
		record(t)
	}
	tests := []struct {
		name  string
		ports []uint16
	}{
		{"listen", []uint16{443, 8500}},
		{"udp", []uint16{53}},
		{"refused", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := os.ReadFile(filepath.Join("testdata", tt.name+".bin"))
			if err != nil {
				t.Fatal(err)
			}
			var got sockets
			done, err := (&Conn{sequence: seedSequence}).read(answer, &got, new(bool))
			if !done || (err != nil) != (tt.ports == nil) {
				t.Fatalf("done %v, %v", done, err)
			}
			if len(got) != len(tt.ports) {
				t.Fatalf("%d sockets, want %d", len(got), len(tt.ports))
			}
			for _, s := range got {
				drops, ok := s.Drops()
				if s.LocalPort != tt.ports[0] && s.LocalPort != tt.ports[len(tt.ports)-1] || !ok || drops != 0 || s.Family != unix.AF_INET6 {
					t.Errorf("%+v, drops %d %v", s, drops, ok)
				}
			}
		})
	}
}

// FuzzRead gives the reader of answers whatever bytes there are: it must not
// read past them, nor show more sockets than they can hold.
func FuzzRead(f *testing.F) {
	for name := range recorded {
		answer, err := os.ReadFile(filepath.Join("testdata", name+".bin"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(answer)
		f.Add(answer[:len(answer)/2])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got sockets
		done, err := (&Conn{sequence: seedSequence}).read(bytes.Clone(b), &got, new(bool))
		if len(got)*(headerSize+messageSize) > len(b) {
			t.Fatalf("%d sockets out of %d bytes", len(got), len(b))
		}
		if !done && err == nil && len(b) > 0 && len(b) < headerSize {
			t.Fatal("less than a header was taken for a message")
		}
		for i := range got {
			s := &got[i]
			s.Drops()
			s.V6Only()
			s.Protocol()
			if s.Local().Is4In6() || s.Remote().Is4In6() {
				t.Fatalf("v4-mapped address: %+v", s)
			}
		}
	})
}

// FuzzAttribute looks for attributes in whatever bytes there are.
func FuzzAttribute(f *testing.F) {
	f.Add([]byte{5, 0, attrSKV6Only, 0, 1, 0, 0, 0}, uint16(attrSKV6Only))
	f.Add([]byte{4, 0, attrProtocol, 0, 255, 255, attrSKV6Only, 0}, uint16(attrSKV6Only))
	f.Add([]byte{0, 0, 0, 0}, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, kind uint16) {
		value, ok := attribute(b, kind)
		if !ok && value != nil {
			t.Fatal("a value of an attribute that is not there")
		}
		if ok && !bytes.Contains(b, value) {
			t.Fatal("a value that is not in the bytes")
		}
	})
}

func TestAttribute(t *testing.T) {
	tests := []struct {
		name  string
		bytes []byte
		kind  uint16
		want  []byte
	}{
		{"the first", []byte{5, 0, 8, 0, 3, 0, 0, 0}, 8, []byte{3}},
		{"one behind padding", []byte{5, 0, 8, 0, 3, 0, 0, 0, 6, 0, 11, 0, 1, 2}, 11, []byte{1, 2}},
		{"an empty one", []byte{4, 0, 8, 0}, 8, []byte{}},
		{"flags are not part of the kind", []byte{5, 0, 8, 0x80, 3}, 8, []byte{3}},
		{"none of that kind", []byte{5, 0, 8, 0, 3, 0, 0, 0}, 9, nil},
		{"behind one that does not fit", []byte{99, 0, 8, 0, 5, 0, 11, 0, 1}, 11, nil},
		{"shorter than its own header", []byte{3, 0, 11, 0, 1}, 11, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := attribute(tt.bytes, tt.kind)
			if !bytes.Equal(got, tt.want) || ok != (tt.want != nil) {
				t.Errorf("got %v %v, want %v", got, ok, tt.want)
			}
		})
	}
}
