//go:build bench

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Each holder process holds both ends of its connections, so sockets are twice
// the connections; a process may hold 20,000 descriptors.
const (
	holders    = 12
	perHolder  = 8400
	benchWatch = 60 * time.Second
)

// TestBenchServe measures the whole program on a machine with 200,000 sockets,
// beside `ss` in the same run: memory, CPU share on average, and what one
// count costs. It fails only where a goal is missed by far: machines differ.
func TestBenchServe(t *testing.T) {
	base := freePort(t)
	for i := range holders {
		openPorts(t, "-p", fmt.Sprint(base+i), "-n", fmt.Sprint(perHolder))
	}
	s := serve(t)
	warm := 10 * time.Second
	eventually(t, time.Minute, func() string {
		if got := fromMetrics(s.get("/metrics"), base); got.established != perHolder {
			return fmt.Sprintf("counts %+v, want %d", got, perHolder)
		}
		return ""
	})
	time.Sleep(warm)

	before, began := cpuTime(t, s.pid()), time.Now()
	time.Sleep(benchWatch)
	share := (cpuTime(t, s.pid()) - before).Seconds() / time.Since(began).Seconds()
	t.Logf("serve, nobody looking: %.2f %% of a core, RSS %.1f MB with %d sockets", 100*share, resident(t, s.pid()), 2*holders*perHolder)

	before, began = cpuTime(t, s.pid()), time.Now()
	for range 12 {
		scrape(t, s.URL+"/metrics")
		time.Sleep(5 * time.Second)
	}
	scraped := (cpuTime(t, s.pid()) - before).Seconds() / time.Since(began).Seconds()
	t.Logf("serve, scraped every 5 s: %.2f %% of a core, RSS %.1f MB", 100*scraped, resident(t, s.pid()))

	all := childCPU(t, "ss", "-tn")
	one := childCPU(t, "ss", "-Htn", "state", "established", fmt.Sprintf("( sport = :%d )", base))
	t.Logf("ss -tn: %v of CPU; ss of one port: %v of CPU", all, one)
	t.Logf("conns of all ports, a process of its own: %v of CPU", childCPU(t, bin+"/portreeve", "conns", "--json"))
	if mb := resident(t, s.pid()); mb > 30 {
		t.Errorf("RSS %.1f MB, want 30 at most", mb)
	}
	if share > 0.0125 {
		t.Errorf("%.2f %% of a core on average, want 1 %% at most", 100*share)
	}
}

func scrape(t *testing.T, url string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
}

// cpuTime reads a process's CPU time, kernel included (proc_pid_stat(5)).
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}

// childCPU returns the least CPU time of five runs of a command.
func childCPU(t *testing.T, name string, args ...string) time.Duration {
	t.Helper()
	least := time.Hour
	for range 5 {
		cmd := exec.Command(name, args...)
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		least = min(least, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	return least
}
