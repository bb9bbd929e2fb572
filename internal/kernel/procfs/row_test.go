package procfs

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRowParse(t *testing.T) {
	const tail = " 1 0000000000000000 100 0 0 10 0"
	tests := []struct {
		name, line string
		want       Row
	}{
		{
			"a listener: rx is the accept queue",
			"   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1001        0 28412" + tail,
			Row{netip.MustParseAddrPort("127.0.0.1:3000"), netip.MustParseAddrPort("0.0.0.0:0"), 10, 3, 0, 1001, 28412, 0},
		},
		{
			"a connection with bytes on their way out",
			"   2: 0502000A:0016 0202000A:E0C4 01 00000024:00000000 01:00000014 00000000     0        0 29950" + tail,
			Row{netip.MustParseAddrPort("10.0.2.5:22"), netip.MustParseAddrPort("10.0.2.2:57540"), 1, 0, 0x24, 0, 29950, 0},
		},
		{
			"TIME_WAIT has neither owner nor inode, and a shorter line",
			"   3: 0502000A:B4F2 0902000A:1538 06 00000000:00000000 03:00000D2C 00000000     0        0 0 3 0000000000000000",
			Row{netip.MustParseAddrPort("10.0.2.5:46322"), netip.MustParseAddrPort("10.0.2.9:5432"), 6, 0, 0, 0, 0, 0},
		},
		{
			"IPv6 words are in the machine's byte order",
			"   2: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    48        0 23672" + tail,
			Row{netip.MustParseAddrPort("[2001:db8::1]:443"), netip.MustParseAddrPort("[::]:0"), 10, 0, 0, 48, 23672, 0},
		},
		{
			"an IPv4 client of an IPv6 listener stays mapped",
			"   1: 0000000000000000FFFF00000502000A:0050 0000000000000000FFFF00000302000A:C8B6 01 00000000:00000000 02:000003F1 00000000    48        0 30881" + tail,
			Row{netip.MustParseAddrPort("[::ffff:10.0.2.5]:80"), netip.MustParseAddrPort("[::ffff:10.0.2.3]:51382"), 1, 0, 0, 48, 30881, 0},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got Row
			if !got.parse([]byte(tt.line), false) || got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestRowDrops(t *testing.T) {
	const line = "  579: 0100007F:0143 00000000:0000 07 00000000:00000300 00:00000000 00000000   998        0 20811 2 0000000000000000 "
	tests := []struct {
		drops string
		want  uint32
		ok    bool
	}{
		{"17", 17, true},
		{"17         ", 17, true},
		{"4294967295", 1<<32 - 1, true},
		{"-2147483647", 1<<31 + 1, true}, // the same counter, printed with a sign
		{"-2147483649", 0, false},
		{"4294967296", 0, false},
		{"", 0, false},
		{"x", 0, false},
	}
	for _, tt := range tests {
		var r Row
		if ok := r.parse([]byte(line+tt.drops), true); ok != tt.ok || ok && r.Drops != tt.want {
			t.Errorf("drops %q: got %d, %v; want %d, %v", tt.drops, r.Drops, ok, tt.want, tt.ok)
		}
	}
}

func TestRowMalformed(t *testing.T) {
	for name, line := range map[string]string{
		"empty":               "",
		"blank":               "          ",
		"header":              "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		"cut in the middle":   "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00",
		"no slot":             "0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 28412",
		"short address":       "   0: 00007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 28412",
		"long port":           "   0: 0100007F:10BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 28412",
		"no port":             "   0: 0100007F 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 28412",
		"state of three":      "   0: 0100007F:0BB8 00000000:0000 10A 00000000:00000000 00:00000000 00000000  1001        0 28412",
		"queue without colon": "   0: 0100007F:0BB8 00000000:0000 0A 00000000000000000 00:00000000 00000000  1001        0 28412",
		"negative user":       "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  -1        0 28412",
		"huge user":           "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  4294967296        0 28412",
		"no inode":            "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0",
		"huge inode":          "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 18446744073709551616",
		"foreign bytes":       "   0: 0100007F:0BB8 00000000:0000 0A 0000\x1b000:00000000 00:00000000 00000000  1001        0 28412",
	} {
		var r Row
		if r.parse([]byte(line), false) {
			t.Errorf("%s: %q was read as %+v", name, line, r)
		}
	}
}

// FuzzRow checks that a row that was read prints as a line that reads the same.
func FuzzRow(f *testing.F) {
	for _, table := range fixtures(f, "*/net/[tu]*") {
		for line := range strings.Lines(table) {
			f.Add(strings.TrimSuffix(line, "\n"), true)
		}
	}
	f.Add("   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1001        0 28412 1 0000000000000000 100 0 0 10 0", false)
	f.Add("   2: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    48        0 23672 1 0000000000000000 100 0 0 10 0", false)
	f.Add("  579: 0100007F:0143 00000000:0000 07 00000000:00000300 00:00000000 00000000   998        0 20811 2 0000000000000000 -17", true)
	f.Fuzz(func(t *testing.T, line string, drops bool) {
		var first, second Row
		if !first.parse([]byte(line), drops) {
			return
		}
		if printed := printRow(first); !second.parse([]byte(printed), true) || first != second {
			t.Errorf("%q is %+v, but its own line %q is %+v", line, first, printed, second)
		}
	})
}

// FuzzRowRoundTrip checks that every row is read as the kernel prints it.
func FuzzRowRoundTrip(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1}, uint16(3000), uint8(10), uint32(3), uint32(0), uint32(1001), uint64(28412), uint32(0))
	f.Add([]byte("\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(443), uint8(7), uint32(1), uint32(2), uint32(1<<32-1), uint64(1<<64-1), uint32(9))
	f.Fuzz(func(t *testing.T, addr []byte, port uint16, state uint8, rx, tx, uid uint32, inode uint64, drops uint32) {
		a, ok := netip.AddrFromSlice(addr)
		if !ok {
			return
		}
		local, remote := netip.AddrPortFrom(a, port), netip.AddrPortFrom(a, ^port)
		want := Row{local, remote, state, rx, tx, uid, inode, drops}
		var got Row
		if line := printRow(want); !got.parse([]byte(line), true) || got != want {
			t.Errorf("%q: got %+v, want %+v", line, got, want)
		}
	})
}

// fixtures returns the files in testdata that match a pattern.
func fixtures(f *testing.F, pattern string) []string {
	paths, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no fixture is named %s: %v", pattern, err)
	}
	var texts []string
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return texts
}

// printRow prints r as udp4_format_sock and udp6_seq_show do.
func printRow(r Row) string {
	return fmt.Sprintf("%5d: %s %s %02X %08X:%08X %02X:%08X %08X %5d %8d %d %d %016x %d", 0, printAddr(r.Local), printAddr(r.Remote),
		r.State, r.TxQueue, r.RxQueue, 0, 0, 0, r.UID, 0, r.Inode, 2, 0, r.Drops)
}

func printAddr(a netip.AddrPort) string {
	s, b := "", a.Addr().AsSlice()
	for ; len(b) > 0; b = b[4:] {
		s += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(b))
	}
	return fmt.Sprintf("%s:%04X", s, a.Port())
}
