package procfs

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

func TestMachineOfOlderKernels(t *testing.T) {
	tests := []struct {
		root, release, host string
		timeWait            uint32
		booted              int64
	}{
		{"testdata/centos8", "4.18.0-348.7.1.el8_5.x86_64", "web-07", 3, 1700000000},
		{"testdata/ubuntu2004", "5.4.0-190-generic", "db-02", 0, 1712345678},
	}
	for _, tt := range tests {
		f := New(tt.root)
		if got, err := f.Ephemeral(); err != nil || got != (port.Range{Low: 32768, High: 60999}) {
			t.Errorf("%s: ephemeral ports %v, %v", tt.root, got, err)
		}
		if got, err := f.TimeWait(); err != nil || got != tt.timeWait {
			t.Errorf("%s: %d in TIME_WAIT, %v; want %d", tt.root, got, err, tt.timeWait)
		}
		if got, err := f.BootTime(); err != nil || !got.Equal(time.Unix(tt.booted, 0)) {
			t.Errorf("%s: booted %v, %v", tt.root, got, err)
		}
		if f.Release() != tt.release || f.Host() != tt.host {
			t.Errorf("%s: release %q, host %q", tt.root, f.Release(), f.Host())
		}
	}
}

func TestMachineIsThisOne(t *testing.T) {
	f := New("/proc/")
	if r, err := f.Ephemeral(); err != nil || r.Low == 0 || r.High < r.Low {
		t.Errorf("ephemeral ports %v, %v", r, err)
	}
	if _, err := f.TimeWait(); err != nil {
		t.Error(err)
	}
	if boot, err := f.BootTime(); err != nil || time.Since(boot) <= 0 || time.Since(boot) > 20*365*24*time.Hour {
		t.Errorf("booted %v, %v", boot, err)
	}
	if host, err := os.Hostname(); err != nil || f.Host() != host {
		t.Errorf("host %q, want %q, %v", f.Host(), host, err)
	}
}

func TestMachineUnreadable(t *testing.T) {
	empty, strange := New(t.TempDir()), New(t.TempDir())
	for name, text := range map[string]string{
		"sys/net/ipv4/ip_local_port_range": "1024 70000\n",
		"net/sockstat":                     "sockets: used 12\nTCP: inuse 1 orphan 0 tw\n",
		"stat":                             "cpu 1 2 3\nbtime soon\n",
	} {
		write(t, strange.root, name, text)
	}
	for f, want := range map[*FS]error{empty: fs.ErrNotExist, strange: ErrFormat} {
		_, ephemeral := f.Ephemeral()
		_, timeWait := f.TimeWait()
		_, boot := f.BootTime()
		for _, err := range []error{ephemeral, timeWait, boot} {
			if !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
		}
		if f.Host() != "" || f.Release() != "" {
			t.Errorf("host %q, release %q out of nothing", f.Host(), f.Release())
		}
	}
}

func TestTimeWaitDoesNotAllocate(t *testing.T) {
	f := New("/proc")
	if n := testing.AllocsPerRun(20, func() { _, _ = f.TimeWait() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
