package procfs

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestOpensCountsConnections(t *testing.T) {
	fs := New("/proc/thread-self")
	before, err := fs.Opens()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if after, err := fs.Opens(); err != nil || after < before+2 {
		t.Errorf("%d opens, %v, after one connection of which both ends are here; before it %d", after, err, before)
	}
}

func TestOpensRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "names alone": "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens\n",
		"cut off": "Tcp: 1 200 120000 -1 17\n", "a line that ends": "Tcp: \n",
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "net"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "net", "snmp"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if n, err := New(dir).Opens(); err == nil {
			t.Errorf("%s: %d opens and no error", name, n)
		}
	}
}
