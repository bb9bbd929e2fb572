package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

type listener struct {
	ID      string
	Port    int
	Service struct {
		Name  string
		Ports []int
	}
	Owner struct {
		Known  bool
		PIDs   []int
		Reason string
		Leader *struct {
			PID       int
			StartedAt time.Time `json:"started_at"`
		}
	}
	Connections struct{ Established int }
	State       string
}

type entry struct {
	Port *struct {
		Kind    string
		Port    int
		Process *struct{ PID int }
	}
	Change *struct{ Check, From, To string }
}

// TestCreepShows is the silent creep from 3000 to 3001: a program that cannot
// have its port takes the next, and so does a third. They are one service on three
// ports, seen from the kernel to the page.
func TestCreepShows(t *testing.T) {
	s := serve(t)
	base := freePort(t)
	var openers []*program
	for i := range 3 {
		openers = append(openers, openPorts(t, "-p", fmt.Sprint(base), "--next", "5", "-n", fmt.Sprint(i)))
	}
	ports := []int{base, base + 1, base + 2}
	eventually(t, 5*time.Second, func() string { return creepInAPI(s, ports, openers) })

	filter := fmt.Sprintf("port:%d-%d", base, base+2)
	out, errs, code := run(t, nil, "ports", filter)
	if code != 0 {
		t.Fatalf("ports exits %d: %s", code, errs)
	}
	page := s.get("/?filter=" + filter)
	for i, o := range openers {
		for what, text := range map[string]string{"ports": out, "page": page} {
			if !strings.Contains(text, fmt.Sprint(ports[i])) || !strings.Contains(text, fmt.Sprint(o.pid())) || !strings.Contains(text, "portopener") {
				t.Errorf("%s shows no portopener pid %d on %d:\n%s", what, o.pid(), ports[i], text)
			}
		}
	}

	eventually(t, 5*time.Second, func() string { return happened(s, "opened", ports...) })
	closing := time.Now()
	openers[1].kill()
	eventually(t, time.Second, func() string { return happened(s, "closed", ports[1]) })
	t.Logf("the closed port showed after %v", time.Since(closing))
	for _, l := range api[listener](s, "listeners?filter="+filter) {
		if l.Port == ports[1] {
			t.Errorf("port %d is closed and still listed", l.Port)
		}
	}
	if !strings.Contains(s.get("/"), fmt.Sprint(ports[1])) {
		t.Error("the page's timeline does not tell of the closed port")
	}
}

// creepInAPI says what is missing from the API's picture of three instances.
func creepInAPI(s *server, ports []int, openers []*program) string {
	rows := api[listener](s, fmt.Sprintf("listeners?filter=port:%d-%d&sort=port", ports[0], ports[2]))
	if len(rows) != 3 {
		return fmt.Sprintf("%d rows, want 3", len(rows))
	}
	for i, l := range rows {
		switch {
		case l.Port != ports[i], l.Owner.Leader == nil, l.Owner.Leader.PID != openers[i].pid():
			return fmt.Sprintf("row %d is %+v, want port %d held by pid %d", i, l, ports[i], openers[i].pid())
		case !slices.Equal(l.Service.Ports, ports):
			return fmt.Sprintf("service of %d holds %v, want %v", l.Port, l.Service.Ports, ports)
		case l.Connections.Established != i:
			return fmt.Sprintf("port %d has %d connections, want %d", l.Port, l.Connections.Established, i)
		case time.Since(l.Owner.Leader.StartedAt).Abs() > time.Minute:
			return fmt.Sprintf("pid %d started at %v?", l.Owner.Leader.PID, l.Owner.Leader.StartedAt)
		}
	}
	return ""
}

// happened says which of the ports has no such event yet.
func happened(s *server, kind string, ports ...int) string {
	entries := api[entry](s, "events")
	for _, p := range ports {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.Port != nil && e.Port.Kind == kind && e.Port.Port == p }) {
			return fmt.Sprintf("no event tells that %d %s", p, kind)
		}
	}
	return ""
}

// TestHostileNames runs a server whose file is named like markup and escape
// sequences: neither page nor terminal may be harmed, and JSON tells the truth.
func TestHostileNames(t *testing.T) {
	names := []string{"<img src=x onerror=alert(1)>", "\x1b[2J\x1b]0;owned\x07", "a\nb\" onload=x"}
	s := serve(t)
	for _, name := range names {
		path := filepath.Join(t.TempDir(), name)
		if out, err := exec.Command("cp", filepath.Join(bin, "portopener"), path).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		port := freePort(t)
		p := start(t, nil, path, "-p", fmt.Sprint(port), "--name", name[:min(15, len(name))])
		p.line()
		eventually(t, 5*time.Second, func() string {
			rows := api[listener](s, fmt.Sprintf("listeners?filter=port:%d", port))
			if len(rows) != 1 || rows[0].Service.Name != name {
				return fmt.Sprintf("rows %+v, want one of the service %q", rows, name)
			}
			return ""
		})
		page := s.get(fmt.Sprintf("/?filter=port:%d", port))
		table, _, _ := run(t, nil, "ports", fmt.Sprintf("port:%d", port))
		if strings.Contains(page, "<img src=x") || strings.Contains(page, `" onload=`) || strings.ContainsAny(page+table, "\x1b\x07") {
			t.Errorf("name %q comes through raw:\n%q\n%q", name, page, table)
		}
		if n := strings.Count(strings.TrimSpace(table), "\n"); n > 2 {
			t.Errorf("name %q breaks the table into %d lines:\n%s", name, n, table)
		}
	}
}

// TestUnprivilegedSaysWhatItCannotSee runs the server as an ordinary user.
func TestUnprivilegedSaysWhatItCannotSee(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be two users at once")
	}
	port := freePort(t)
	openPorts(t, "-p", fmt.Sprint(port), "-n", "30")
	s := serveAs(t, nobody)
	eventually(t, 5*time.Second, func() string {
		rows := api[listener](s, fmt.Sprintf("listeners?filter=port:%d", port))
		switch {
		case len(rows) != 1:
			return fmt.Sprintf("%d rows", len(rows))
		case rows[0].Owner.Known || rows[0].Owner.Reason != "permission":
			return fmt.Sprintf("owner %+v, want unknown for lack of permission", rows[0].Owner)
		case rows[0].Connections.Established != 30:
			return fmt.Sprintf("%d connections, want 30: counting needs no privilege", rows[0].Connections.Established)
		}
		return ""
	})
	var report struct {
		Degraded []struct{ Code, Text, Hint string }
	}
	if err := json.Unmarshal([]byte(s.get("/api/v1/listeners")), &report); err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(report.Degraded)
	if !strings.Contains(said, "CAP_SYS_PTRACE") || !strings.Contains(said, "CAP_DAC_READ_SEARCH") {
		t.Errorf("degraded = %s, want the missing capabilities", said)
	}
	if page := s.get("/"); !strings.Contains(page, "CAP_SYS_PTRACE") {
		t.Error("the page has no banner of what is hidden")
	}
	out, errs, code := run(t, nobody, "ports", fmt.Sprintf("port:%d", port))
	if code != 0 || !strings.Contains(out+errs, "CAP_SYS_PTRACE") || strings.Contains(out, " - ") {
		t.Errorf("ports as nobody exits %d:\n%s%s", code, out, errs)
	}
}
