package procfs

import (
	"strings"
	"testing"
)

func TestMissingCapabilities(t *testing.T) {
	const ptrace, readSearch, override = 1 << capSysPtrace, 1 << capDACReadSearch, 1 << capDACOverride
	tests := []struct {
		name string
		set  capabilities
		want string
	}{
		{"none held", 0, "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"},
		{"the pair", ptrace | readSearch, ""},
		{"root's full set", 1<<41 - 1, ""},
		{"overriding permissions is reading too", ptrace | override, ""},
		{"a container's default set", 0xa80425fb, "CAP_SYS_PTRACE"},
		{"tracing alone", ptrace, "CAP_DAC_READ_SEARCH"},
	}
	for _, tt := range tests {
		if got := strings.Join(tt.set.missing(), " "); got != tt.want {
			t.Errorf("%s: missing %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHidepid(t *testing.T) {
	tests := []struct{ name, mounts, want string }{
		{"off", "22 27 0:21 / ROOT rw,relatime - proc proc rw\n", ""},
		{"zero", "22 27 0:21 / ROOT rw,relatime shared:5 - proc proc rw,hidepid=0\n", ""},
		{"named off", "22 27 0:21 / ROOT rw,relatime shared:5 - proc proc rw,hidepid=off\n", ""},
		{"a number, older kernels", "22 27 0:21 / ROOT rw,nosuid - proc proc rw,gid=26,hidepid=2\n", "2"},
		{"a name", "22 27 0:21 / ROOT rw master:1 shared:7 - proc proc rw,hidepid=invisible\n", "invisible"},
		{"another mount of proc", "22 27 0:21 / /srv/proc rw - proc proc rw,hidepid=2\n", ""},
		{"another file system there", "22 27 0:21 / ROOT rw - tmpfs tmpfs rw,hidepid=2\n", ""},
		{"the upper mount counts", "22 27 0:21 / ROOT rw - proc proc rw\n93 22 0:40 / ROOT rw - proc proc rw,hidepid=2\n", "2"},
		{"garbage", "x\n - proc\n - \n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := New(t.TempDir())
			write(t, f.root, "self/mountinfo", strings.ReplaceAll(tt.mounts, "ROOT", f.root))
			if got := f.hidepid(); string(got) != tt.want {
				t.Errorf("got %q, want %q", string(got), tt.want)
			}
		})
	}
}

func TestInitialNamespace(t *testing.T) {
	tests := []struct {
		name, stat string
		want       bool
	}{
		{"the kernel's own", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 24\n", true},
		{"somebody of that name", "2 (kthreadd) S 0 2 2 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 24\n", false},
	}
	for _, tt := range tests {
		f := New(t.TempDir())
		write(t, f.root, "2/stat", tt.stat)
		if got := f.initial(); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if New(t.TempDir()).initial() {
		t.Error("nobody is process 2, yet it is the machine's namespace")
	}
}

func FuzzMountinfo(f *testing.F) {
	f.Add("22 27 0:21 / /proc rw,nosuid shared:5 - proc proc rw,hidepid=2")
	f.Fuzz(func(t *testing.T, line string) {
		point, options, ok := procMount([]byte(line))
		if ok && !(strings.Contains(line, string(point)) && strings.Contains(line, string(hidepidOf(options)))) {
			t.Errorf("%q: point %q, options %q", line, point, options)
		}
	})
}
