package term

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// TestExpectedNamesAreValidAndUnique, whatever services call themselves.
func TestExpectedNamesAreValidAndUnique(t *testing.T) {
	names := []foreign.Text{
		"shop", "shop", "shop-2", "Shop", "", "", "-_.", hostile, "日本", "portreeve.service", "portreeve.x", "portreeve-x",
		foreign.Text(strings.Repeat("long", 40)), foreign.Text(strings.Repeat("long", 40)), "a/b c", "80", "null",
	}
	var rows []*port.Listener
	for i, n := range names {
		l := &port.Listener{Port: uint16(1 + i/2), Proto: port.TCP, Service: port.Service{Name: n}}
		udp := *l
		udp.Proto = port.UDP
		rows = append(rows, l, &udp)
	}
	taken := map[string]bool{}
	for i, name := range expectNames(rows) {
		if !validName.MatchString(name) || strings.HasPrefix(name, "portreeve.") {
			t.Errorf("service %q on %d is named %q, which is no valid name", rows[i].Service.Name, rows[i].Port, name)
		}
		if taken[name] {
			t.Errorf("service %q on %d is named %q again", rows[i].Service.Name, rows[i].Port, name)
		}
		taken[name] = true
	}
}

func TestScalar(t *testing.T) {
	tests := map[string]string{
		"node":            "node",
		"php-fpm7.4":      "php-fpm7.4",
		"true":            `"true"`,
		"No":              `"No"`,
		"~":               `"~"`,
		"80":              `"80"`,
		"1e3":             `"1e3"`,
		"":                `""`,
		"a: b":            `"a: b"`,
		"a, port: 1}":     `"a, port: 1}"`,
		"x #y":            `"x #y"`,
		`back\slash"`:     `"back\\slash\""`,
		"\x1b[2J":         `"\x1b[2J"`,
		"line\nbreak":     `"line\nbreak"`,
		"gpj\u202eexe":    `"gpj\u202eexe"`,
		"サーバー":            `"サーバー"`,
		"no text\xff\xfe": "\"no text\uFFFD\"",
	}
	for in, want := range tests {
		if got := scalar(in); got != want {
			t.Errorf("scalar(%q) = %s, want %s", in, got, want)
		}
	}
}

// FuzzExpect: whatever a process is called, its row stays one line of the same
// shape. YAML reads the escapes of a Go string as Go does.
func FuzzExpect(f *testing.F) {
	f.Add(hostile)
	f.Add("node, scope: all}\n    - {name: x")
	row := regexp.MustCompile(`^    - \{name: ([a-z0-9][a-z0-9._-]{0,62}|"[a-z0-9][a-z0-9._-]{0,62}"), port: 80, process: (.*), scope: all\}\n$`)
	f.Fuzz(func(t *testing.T, name string) {
		o := owner(1, foreign.Text(name), "root", 0, port.Process{})
		l := port.Listener{Proto: port.TCP, Port: 80, Scope: port.All, Owner: o, Service: port.Service{Name: foreign.Text(name)}}
		lines := strings.SplitAfter(Expect(machine(0), []port.Listener{l}), "\n")
		m := row.FindStringSubmatch(lines[3])
		if m == nil || len(lines) != 5 {
			t.Fatalf("%q becomes %q", name, lines)
		}
		process := m[2]
		if strings.HasPrefix(process, `"`) {
			var err error
			if process, err = strconv.Unquote(process); err != nil {
				t.Fatalf("%s: %v", m[2], err)
			}
		}
		if want := strings.ToValidUTF8(name, "\uFFFD"); process != want {
			t.Errorf("process %q, want %q", process, want)
		}
	})
}

func ExampleExpect() {
	v := machine(0)
	ssh, _ := port.ParseFilter("port:22")
	fmt.Print(Expect(v, ssh.Select(v.Listeners)))
	// Output:
	// # what listened on web-07 at 2026-03-01T10:04:05Z
	// ports:
	//   expect:
	//     - {name: ssh, port: 22, process: sshd, scope: all}
}
