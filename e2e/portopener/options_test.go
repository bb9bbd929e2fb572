package main

import (
	"strconv"
	"strings"
	"testing"
)

// Wrong input gives one line that names the fault, one hint, and exit code 64;
// a socket that cannot be had gives 1.
func TestWrongInput(t *testing.T) {
	taken := start(t)
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"-p 65536", exitUsage, "not a port"},
		{"-p -1", exitUsage, "not a port"},
		{"-p http", exitUsage, `invalid value "http" for flag -p`},
		{"--port 1", exitUsage, "not defined: -port"},
		{"8500", exitUsage, `unexpected argument "8500"`},
		{"-n -1", exitUsage, "less than none"},
		{"--backlog -1", exitUsage, "less than none"},
		{"--timeout 0s", exitUsage, "no time at all"},
		{"--ipv 5", exitUsage, "not an IP version"},
		{"--addr localhost", exitUsage, "not an IP address"},
		{"--addr ::1", exitUsage, "not of IP version 4"},
		{"--ipv 6 --addr 127.0.0.1", exitUsage, "not of IP version 6"},
		{"--ipv both --addr ::1", exitUsage, "one address is of one version"},
		{"--clients-from 127.0.0.2;127.0.0.3", exitUsage, "not an IP address"},
		{"--clients-from ::1", exitUsage, "not of IP version 4"},
		{"--udp --backlog 5", exitUsage, "--udp with"},
		{"--udp --accept=false", exitUsage, "--udp with"},
		{"--name sixteen-bytes-xx", exitUsage, "16 bytes"},
		{"-n 100000000", exitFault, "the limit is"},
		{"--addr 192.0.2.1", exitFault, "cannot assign requested address"},
		{"-n 1 --clients-from 192.0.2.1", exitFault, "opened 0 of 1 connections"},
		{"-n 9 --accept=false --backlog 1 --timeout 100ms", exitFault, "opened 2 of 9 connections"},
		{"-p TAKEN", exitFault, "address already in use"},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := strings.ReplaceAll(test.args, "TAKEN", strconv.Itoa(taken.port))
			p := launch(t, strings.Fields(args)...)
			if code := p.exit(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			lines := strings.Split(strings.TrimSuffix(p.errs.String(), "\n"), "\n")
			if len(lines) != 2 || !strings.HasPrefix(lines[0], "portopener: error: ") || !strings.HasPrefix(lines[1], "portopener: hint: ") {
				t.Fatalf("want an error line and a hint line, got %q", lines)
			}
			if !strings.Contains(lines[0], test.says) {
				t.Errorf("%q does not say %q", lines[0], test.says)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	p := launch(t, "--help")
	if line := p.line(); !strings.HasPrefix(line, "usage: portopener") {
		t.Errorf("help begins with %q", line)
	}
	for range p.lines { // the rest of the text
	}
	if code := p.exit(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// The routes alternate between IP versions, and within each between sources.
func TestRoutes(t *testing.T) {
	for _, test := range []struct{ args, routes string }{
		{"", "->127.0.0.1:7"},
		{"--ipv 6", "->[::1]:7"},
		{"--addr 127.0.0.9", "->127.0.0.9:7"},
		{"--addr 0.0.0.0", "->127.0.0.1:7"},
		{"--ipv both", "->127.0.0.1:7 ->[::1]:7"},
		{"--clients-from 127.0.0.2,127.0.0.3", "127.0.0.2->127.0.0.1:7 127.0.0.3->127.0.0.1:7"},
		{"--ipv both --clients-from 127.0.0.2,127.0.0.3", "127.0.0.2->127.0.0.1:7 ->[::1]:7 127.0.0.3->127.0.0.1:7 ->[::1]:7"},
		{"--ipv both --clients-from ::1", "->127.0.0.1:7 ::1->[::1]:7"},
	} {
		o, err := parseOptions(strings.Fields(test.args))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range routes(o, 7) {
			source := ""
			if r.source.IsValid() {
				source = r.source.String()
			}
			got = append(got, source+"->"+r.target.String())
		}
		if text := strings.Join(got, " "); text != test.routes {
			t.Errorf("%q: %s, want %s", test.args, text, test.routes)
		}
	}
}
