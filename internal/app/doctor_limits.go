package app

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

const (
	fewInFlight = 64        // checks at once: with 2 % of 10,000 targets silent it would take more
	fewPorts    = 2000      // local ports
	littleBytes = 128 << 20 // of memory: twice what a busy serve takes
)

func fileLimits() (soft, hard uint64, err error) {
	var l unix.Rlimit
	err = unix.Getrlimit(unix.RLIMIT_NOFILE, &l)
	return l.Cur, l.Max, err
}

// examineLimits tells what the limit of descriptors allows.
func examineLimits(_ context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "descriptors", Condition: term.Well}
	soft, hard, err := p.limits()
	if err != nil {
		f.Condition, f.Text = term.Ailing, foreign.Text(fmt.Sprintf("read RLIMIT_NOFILE: %v", err))
		return one(f)
	}
	d := divide(int(min(soft, 1<<20)))
	f.Text = foreign.Text(fmt.Sprintf("RLIMIT_NOFILE %s, hard %s: enough for this much at once: checks %d, lookups of names %d, connections to the page %d",
		limitText(soft), limitText(hard), d.inFlight, d.lookups, d.conns))
	if d.inFlight < fewInFlight {
		f.Condition, f.Hint = term.Ailing, "raise it: ulimit -n 65536, LimitNOFILE=65536 of a systemd unit, --ulimit nofile=65536 of a container"
	}
	return one(f)
}

func limitText(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}

// examinePorts tells how many local ports there are to check from.
func examinePorts(_ context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "local ports", Condition: term.Ailing}
	text, err := fs.ReadFile(p.files, "proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		f.Text = foreign.Text(err.Error())
		return one(f)
	}
	var low, high int
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil || low < 1 || high < low || high > 65535 {
		f.Text = foreign.Text(fmt.Sprintf("ip_local_port_range reads %q", strings.TrimSpace(string(text))))
		return one(f)
	}
	f.Text = foreign.Text(fmt.Sprintf("%d to %d: %d connections to one address and port at once", low, high, high-low+1))
	if high-low+1 >= fewPorts {
		f.Condition = term.Well
		return one(f)
	}
	f.Hint = "widen net.ipv4.ip_local_port_range: what finds no port cannot be checked"
	return one(f)
}

// examineMemory tells the memory limit of our control group.
func examineMemory(_ context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "memory", Condition: term.Well, Text: "no limit"}
	limit, ok := memoryLimit(p.files)
	if !ok {
		return one(f)
	}
	f.Text = foreign.Text(fmt.Sprintf("limited to %d MiB by the control group", limit>>20))
	if limit < littleBytes {
		f.Condition, f.Hint = term.Ailing, fmt.Sprintf("give it %d MiB (MemoryMax= of a systemd unit, --memory of a container)", littleBytes>>20)
	}
	return one(f)
}

// memoryLimit returns the least limit from our control group up to the root, of
// version 2 (Documentation/admin-guide/cgroup-v2.rst) or version 1.
func memoryLimit(files fs.FS) (least uint64, found bool) {
	groups, err := fs.ReadFile(files, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(groups)) {
		words := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(words) != 3 {
			continue
		}
		root, name := "sys/fs/cgroup", "memory.max"
		if words[1] == "memory" {
			root, name = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if words[1] != "" {
			continue
		}
		for dir := path.Clean("/" + words[2]); ; dir = path.Dir(dir) {
			if n, ok := bytesIn(files, path.Join(root, dir, name)); ok && (!found || n < least) {
				least, found = n, true
			}
			if dir == "/" {
				break
			}
		}
	}
	return least, found
}

// unlimitedBytes is beyond every machine: version 1 writes "no limit" as the
// largest number of whole pages.
const unlimitedBytes = 1 << 60

func bytesIn(files fs.FS, name string) (uint64, bool) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n < unlimitedBytes
}
