package procfs

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	hash  = "3f4a9d0c7b1e8a6d5c2f90b7e4a1d8c3f6b5a2e9d0c7b4f1a8e5d2c9b6f3a0e7"
	other = "00000000000000000000000000000000000000000000000000000000000000ff"
)

func TestCgroup(t *testing.T) {
	const pod = "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0a1b2c3d.slice/"
	tests := []struct{ name, text, unit, container string }{
		{"version 2", "0::/system.slice/nginx.service\n", "nginx.service", ""},
		{"version 1: systemd's own hierarchy", "12:pids:/system.slice\n1:name=systemd:/system.slice/sshd.service\n", "sshd.service", ""},
		{"hybrid, systemd on version 1", "1:name=systemd:/system.slice/a.service\n0::/system.slice/a.service\n", "a.service", ""},
		{"hybrid without systemd's", "1:name=systemd:/\n0::/system.slice/b.service\n", "b.service", ""},
		{"version 1 without systemd's", "3:cpuset:/\n", "", ""},
		{"version 1, another controller knows", "3:pids:/system.slice/c.service\n1:name=systemd:/\n", "c.service", ""},
		{"a template's instance", "0::/system.slice/system-postgresql.slice/postgresql@12-main.service\n", "postgresql@12-main.service", ""},
		{"a unit with groups of its own", "0::/system.slice/libvirtd.service/supervisor/worker\n", "libvirtd.service", ""},
		{"a socket unit", "0::/system.slice/cups.socket\n", "cups.socket", ""},
		{"a login session is none", "0::/user.slice/user-1000.slice/session-4.scope\n", "", ""},
		{"a user's unit", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service\n", "syncthing.service", ""},
		{"a user's application", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-12.scope\n", "", ""},
		{"a user's tmux window", "0::/user.slice/user-1000.slice/user@1000.service/tmux-spawn-6c1f.scope\n", "", ""},
		{"a user's container under a unit", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service/libpod-payload-" + hash + "\n", "web.service", hash},
		{"a virtual machine", `0::/machine.slice/machine-qemu\x2d1\x2dweb.scope/libvirt/emulator` + "\n", "machine-qemu-1-web.scope", ""},
		{"a user's manager", "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n", "user@1000.service", ""},
		{"systemd itself", "0::/init.scope\n", "", ""},
		{"escaped name", `0::/system.slice/run-r\x2dabc\x41.service` + "\n", "run-r-abcA.service", ""},
		{"what looks like an escape is none", `0::/system.slice/a\x2.service` + "\n", `a\x2.service`, ""},
		{"group removed under the process", "0::/system.slice/old.service (deleted)\n", "old.service", ""},
		{"root", "0::/\n", "", ""},
		{"names that are no units", "0::/service/scope/user@1\n", "", ""},
		{"outside of our namespace", "0::/../../system.slice/x.service\n", "x.service", ""},

		{"docker, version 1", "5:pids:/docker/" + hash + "\n1:name=systemd:/docker/" + hash + "\n", "", hash},
		{"docker, systemd driver", "0::/system.slice/docker-" + hash + ".scope\n", "", hash},
		{"docker in docker: the inner one", "0::/docker/" + other + "/docker/" + hash + "\n", "", hash},
		{"docker with systemd inside", "0::/docker/" + hash + "/system.slice/nginx.service\n", "nginx.service", hash},
		{"containerd, cgroupfs driver", "0::/kubepods/burstable/pod0a1b/" + hash + "\n", "", hash},
		{"containerd, systemd driver", "0::" + pod + "cri-containerd-" + hash + ".scope\n", "", hash},
		{"containerd told of the wrong driver", "0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + hash + "\n", "containerd.service", hash},
		{"nerdctl", "0::/system.slice/nerdctl-" + hash + ".scope\n", "", hash},
		{"cri-o", "0::" + pod + "crio-" + hash + ".scope\n", "", hash},
		{"cri-o's monitor is not in it", "0::" + pod + "crio-conmon-" + hash + ".scope\n", "crio-conmon-" + hash + ".scope", ""},
		{"podman", "0::/machine.slice/libpod-" + hash + ".scope/container\n", "", hash},
		{"podman without root", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + hash + ".scope/container\n", "", hash},
		{"podman under a unit", "0::/system.slice/web.service/libpod-payload-" + hash + "\n", "web.service", hash},
		{"lxc", "0::/lxc/web/system.slice/nginx.service\n", "nginx.service", "web"},
		{"lxc 4", "0::/lxc.payload.web\n", "", "web"},
		{"lxc 4's other layout", "4:pids:/lxc.payload/web\n", "", "web"},
		{"lxc's monitor is not in it", "0::/lxc.monitor.web\n", "", ""},
		{"63 digits are no container", "0::/docker/" + hash[1:] + "\n", "", ""},
		{"65 digits are no container", "0::/docker/0" + hash + "\n", "", ""},
		{"64 letters are no container", "0::/docker/" + strings.Repeat("z", 64) + "\n", "", ""},

		{"empty", "", "", ""},
		{"no colons", "garbage\n\n::\n", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := parseCgroup([]byte(tt.text))
			if string(p.unit) != tt.unit || string(p.container) != tt.container {
				t.Errorf("unit %q, container %q; want %q, %q", p.unit, p.container, tt.unit, tt.container)
			}
		})
	}
}

func TestCgroupOfOlderKernels(t *testing.T) {
	for name, want := range map[string]string{
		"testdata/centos8/811/cgroup":     "shop.service",
		"testdata/ubuntu2004/1377/cgroup": "postgresql@12-main.service",
	} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if p := parseCgroup(b); string(p.unit) != want || p.container != nil {
			t.Errorf("%s: unit %q, container %q", name, p.unit, p.container)
		}
	}
}

func FuzzCgroup(f *testing.F) {
	for _, seed := range fixtures(f, "*/*/cgroup") {
		f.Add(seed)
	}
	f.Add("0::/system.slice/docker-" + hash + ".scope\n")
	f.Add("1:name=systemd:/user.slice/user@1.service/a\\x2db.service (deleted)\n0::/lxc.payload.x")
	f.Fuzz(func(t *testing.T, text string) {
		p := parseCgroup([]byte(text))
		if !strings.Contains(text, string(p.container)) {
			t.Errorf("container %q is not in %q", p.container, text)
		}
		if bytes.ContainsAny(p.container, "/\n") {
			t.Errorf("container %q is more than one component", p.container)
		}
		kind := string(p.unit[max(bytes.LastIndexByte(p.unit, '.'), 0):])
		if len(p.unit) > 0 && !slices.Contains([]string{".service", ".socket", ".scope"}, kind) {
			t.Errorf("unit %q is neither service, socket nor scope", p.unit)
		}
	})
}
