package port

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// machine returns a snapshot and its rows on a machine that was booted at noon.
func machine(sockets ...string) (*Snapshot, []Listener) {
	s := snapshot(sockets...)
	s.Machine = Machine{Host: "web-07", BootedAt: noon}
	return &s, Fold(&s)
}

// remembers returns a memory as it comes back from where it was written.
func remembers(t *testing.T, sockets ...string) *Memory {
	t.Helper()
	text, err := json.Marshal(NewMemory(machine(sockets...)))
	if err != nil {
		t.Fatal(err)
	}
	m := &Memory{}
	if err := json.Unmarshal(text, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// meanwhile returns what happened between a memory and a look, and then between
// that look and the following ones.
func meanwhile(t *testing.T, m *Memory, change func(*Snapshot), looks ...[]string) string {
	t.Helper()
	var told []string
	var before []Listener
	for i, sockets := range looks {
		s, _ := machine(sockets...)
		change(s)
		rows := Fold(s)
		if i == 0 {
			var ok bool
			if before, ok = m.Recall(s); !ok {
				return "forgotten"
			}
		}
		Remember(before, rows)
		for _, e := range Diff(before, rows) {
			word := drawEvent(e)
			if e.Unwatched {
				word += " unwatched"
			}
			told = append(told, word)
		}
		before = rows
	}
	return strings.Join(told, "; ")
}

func TestWhatHappenedWhileNobodyWatched(t *testing.T) {
	as := func(*Snapshot) {}
	tests := []struct {
		name   string
		before []string
		change func(*Snapshot)
		after  [][]string
		want   string
	}{
		{"nothing", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 nginx 7"}}, ""},
		{"creep", []string{"0.0.0.0:3000 node 7"}, as, [][]string{{"0.0.0.0:3001 node 8"}}, "closed 3000 node 7; opened 3001 node 8"},
		{"restart", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 nginx 9"}}, "owner_changed 80 nginx 9 was 7 unwatched"},
		{"takeover", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 caddy 9"}}, "owner_changed 80 caddy 9 was 7 nginx unwatched"},
		{"scope", []string{"127.0.0.1:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 nginx 7"}}, "scope_changed 80 nginx 7 from loopback to all"},

		{"owners cannot be seen any more", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 ?"}, {"0.0.0.0:80 ?"}}, ""},
		{"nor could they before", []string{"0.0.0.0:80 ?"}, as, [][]string{{"0.0.0.0:80 nginx 7"}}, ""},
		{"owners are seen at the second look", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 ?"}, {"0.0.0.0:80 nginx 7"}}, ""},
		{"and are others", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 ?"}, {"0.0.0.0:80 nginx 9"}}, "owner_changed 80 nginx 9 was 7 unwatched"},
		{"what changes later was watched", []string{"0.0.0.0:80 nginx 7"}, as, [][]string{{"0.0.0.0:80 nginx 7"}, {"0.0.0.0:80 nginx 9"}}, "owner_changed 80 nginx 9 was 7"},
		{"two services that look like one to the blind", []string{"127.0.0.1:80 nginx 7", "[::1]:80 caddy 8"}, as, [][]string{{"127.0.0.1:80 ?", "[::1]:80 ?"}}, ""},
		{"and are two again", []string{"127.0.0.1:80 nginx 7", "[::1]:80 caddy 8"}, as, [][]string{{"127.0.0.1:80 ?", "[::1]:80 ?"}, {"127.0.0.1:80 nginx 7", "[::1]:80 caddy 8"}}, ""},
		{"one of two is gone, though", []string{"127.0.0.1:80 nginx 7", "[::1]:80 caddy 8"}, as, [][]string{{"127.0.0.1:80 ?"}}, "closed 80 caddy 8"},

		{"the time of the boot is read a second later", []string{"0.0.0.0:80 nginx 7"}, shifting(time.Second), [][]string{{"0.0.0.0:80 nginx 7"}}, ""},
		{"the clock was set", []string{"0.0.0.0:80 nginx 7"}, shifting(24 * time.Hour), [][]string{{"0.0.0.0:80 nginx 7"}}, ""},
		{"a reboot: other processes of the same services", []string{"0.0.0.0:80 nginx 7"}, shifting(time.Hour), [][]string{{"0.0.0.0:80 nginx 9"}}, ""},
		{"a reboot, and another service", []string{"0.0.0.0:80 nginx 7"}, shifting(time.Hour), [][]string{{"0.0.0.0:80 caddy 7"}}, "owner_changed 80 caddy 7 was 7 nginx unwatched"},
		{"a reboot, and creep", []string{"0.0.0.0:3000 node 7"}, shifting(time.Hour), [][]string{{"0.0.0.0:3001 node 7"}}, "closed 3000 node 7; opened 3001 node 7"},
		{"a reboot, with other numbers of namespaces", []string{"0.0.0.0:80 nginx 7"}, func(s *Snapshot) { shifting(time.Hour)(s); inNamespace(s, 2) }, [][]string{{"0.0.0.0:80 nginx 7"}}, ""},
		{"another namespace of the same boot", []string{"0.0.0.0:80 nginx 7"}, func(s *Snapshot) { inNamespace(s, 2) }, [][]string{nil}, "forgotten"},
		{"another host: the database was copied", []string{"0.0.0.0:80 nginx 7"}, func(s *Snapshot) { s.Machine.Host = "web-08" }, [][]string{nil}, "forgotten"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := meanwhile(t, remembers(t, tt.before...), tt.change, tt.after...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// shifting moves the boot, and with it the start of every process.
func shifting(d time.Duration) func(*Snapshot) {
	return func(s *Snapshot) {
		s.Machine.BootedAt = s.Machine.BootedAt.Add(d)
		for i := range s.Listening.Sockets {
			if p := s.Listening.Sockets[i].Owner.Leader; p != nil {
				p.StartedAt = p.StartedAt.Add(d)
			}
		}
	}
}

func inNamespace(s *Snapshot, netns uint64) {
	s.Listening.NetNS = netns
	for i := range s.Listening.Sockets {
		s.Listening.Sockets[i].NetNS = netns
	}
}

// TestWhatWasToldIsNotToldAgain: a memory with the events that came after it is
// the memory of the end, whatever the events were.
func TestWhatWasToldIsNotToldAgain(t *testing.T) {
	looks := [][]string{
		{"0.0.0.0:80 nginx 7", "0.0.0.0:22 sshd 3"},
		{"0.0.0.0:80 nginx 7", "0.0.0.0:22 sshd 3", "127.0.0.1:3000 node 8"},
		{"0.0.0.0:80 nginx 9", "127.0.0.1:3000 node 8"},
		{"0.0.0.0:80 caddy 11", "0.0.0.0:3000 node 8"},
		{"0.0.0.0:80 caddy 11", "0.0.0.0:3000 node 8", "0.0.0.0:22 sshd 12"},
		{"0.0.0.0:22 sshd 12"},
	}
	var told []Event
	ends := []int{0} // how much was told after each look
	for i := 1; i < len(looks); i++ {
		told = append(told, Diff(rows(looks[i-1]...), rows(looks[i]...))...)
		ends = append(ends, len(told))
	}
	for made := range looks {
		for from := range made + 1 { // events from before it was made do no harm
			for killed := made; killed < len(looks); killed++ {
				m := remembers(t, looks[made]...).With(told[ends[from]:ends[killed]])
				if got := meanwhile(t, m, func(*Snapshot) {}, looks[killed]); got != "" {
					t.Errorf("remembered look %d, told from look %d to %d: %s", made, from, killed, got)
				}
			}
		}
	}
}

// TestAMemoryIsOfTheOwnNamespace, and says nothing of what comes and goes.
func TestAMemoryIsOfTheOwnNamespace(t *testing.T) {
	s, _ := machine("0.0.0.0:80 nginx 7", "0.0.0.0:8080 tomcat 9")
	s.Listening.Sockets[1].NetNS = 2
	m := NewMemory(s, Fold(s))
	if len(m.Rows) != 1 || m.Rows[0].Port != 80 {
		t.Errorf("remembered %+v", m.Rows)
	}
	s.Listening.Sockets[0].Bind.Queue = Queue{Known: true, Length: 5}
	s.Listening.At = noon.Add(time.Hour)
	later := Fold(s)
	Remember(Fold(s), later)
	later[0].FirstSeen = m.Rows[0].FirstSeen
	if n := NewMemory(s, later); !m.Same(n) {
		t.Errorf("%+v is not %+v", n, m)
	}
	if m.Same(nil) || (*Memory)(nil).Same(nil) {
		t.Error("nothing is like a memory")
	}
}

// TestTheLastHolderIsRemembered while the owner cannot be seen.
func TestTheLastHolderIsRemembered(t *testing.T) {
	s, blind := machine("0.0.0.0:80 ?")
	Remember(rows("0.0.0.0:80 nginx 7"), blind)
	m := NewMemory(s, blind)
	if got := meanwhile(t, m, func(*Snapshot) {}, []string{"0.0.0.0:80 nginx 9"}); got != "owner_changed 80 nginx 9 was 7 unwatched" {
		t.Errorf("told %q", got)
	}
}

// TestFirstSeenOutlivesARestart of the observer.
func TestFirstSeenOutlivesARestart(t *testing.T) {
	m := remembers(t, "0.0.0.0:80 nginx 7")
	s, later := machine("0.0.0.0:80 nginx 7")
	for i := range later {
		later[i].FirstSeen = noon.Add(time.Hour)
	}
	before, _ := m.Recall(s)
	if Remember(before, later); !later[0].FirstSeen.Equal(noon) {
		t.Errorf("first seen at %v", later[0].FirstSeen)
	}
}

// TestTooManyRowsAreNotRemembered, and those that are stay small.
func TestTooManyRowsAreNotRemembered(t *testing.T) {
	var sockets []string
	for p := range MaxRemembered {
		sockets = append(sockets, fmt.Sprintf("127.0.0.1:%d app 7", 10000+p))
	}
	s, all := machine(sockets...)
	text, err := json.Marshal(NewMemory(s, all))
	if err != nil || len(text) > MaxRemembered*1024 {
		t.Errorf("%d rows are %d bytes of JSON, %v", len(all), len(text), err)
	}
	s, all = machine(append(slices.Clone(sockets), "127.0.0.1:9 app 7")...)
	if m := NewMemory(s, all); m != nil {
		t.Errorf("%d rows are remembered", len(m.Rows))
	}
}
