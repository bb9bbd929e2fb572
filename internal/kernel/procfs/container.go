package procfs

import "bytes"

// containerOf returns the id of the innermost container that a path of
// control groups leads into: 64 hexadecimal digits with Docker, Podman,
// containerd and CRI-O, a name with LXC. It is nil outside of containers.
func containerOf(path []byte) []byte {
	for len(path) > 0 {
		rest, name := innermost(path)
		if id := containerID(name); id != nil {
			return id
		}
		if _, parent := innermost(rest); len(name) > 0 && (string(parent) == "lxc" || string(parent) == "lxc.payload") {
			return name
		}
		path = rest
	}
	return nil
}

// containerID returns the container that one component of a path names:
//
//	0123…cdef                       Docker, containerd and CRI-O with the cgroupfs driver
//	docker-0123…cdef.scope          the same with the systemd driver: also cri-containerd-, crio-, nerdctl-
//	libpod-0123…cdef.scope          Podman: also libpod-payload-
//	kubepods-….slice:cri-containerd:0123…cdef   containerd told of the wrong driver
//	lxc.payload.name                LXC 4 and later, Incus
//
// The monitor that stands beside a container (conmon, lxc.monitor) is not in it.
func containerID(name []byte) []byte {
	if container, ok := bytes.CutPrefix(name, []byte("lxc.payload.")); ok && len(container) > 0 {
		return container
	}
	const digits = 64
	name = bytes.TrimSuffix(name, []byte(".scope"))
	if len(name) < digits || bytes.Contains(name, []byte("conmon")) {
		return nil
	}
	engine, id := name[:len(name)-digits], name[len(name)-digits:]
	for _, c := range id {
		if _, ok := hexDigit(c); !ok {
			return nil
		}
	}
	if n := len(engine); n > 0 && engine[n-1] != '-' && engine[n-1] != ':' {
		return nil
	}
	return id
}
