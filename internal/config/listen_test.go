package config

import (
	"errors"
	"strings"
	"testing"
)

// TestWhereToListen: each half of the address is the highest source's, and
// within one source --listen wins over address and port.
func TestWhereToListen(t *testing.T) {
	const file = "listen: 127.0.0.9:9\n"
	tests := []struct {
		name  string
		flags map[string][]string
		env   variables
		file  string
		want  string
		from  string
	}{
		{"nothing", nil, nil, "", "127.0.0.1:9860", "default"},
		{"a port alone", map[string][]string{"port": {"80"}}, nil, "", "127.0.0.1:80", "default and flag --port"},
		{"an address alone", map[string][]string{"bind_addr": {"127.0.0.2"}}, nil, "", "127.0.0.2:9860", "flag --bind-addr and default"},
		{"both halves", map[string][]string{"bind_addr": {"::1"}, "port": {"80"}}, nil, "", "[::1]:80", "flag --bind-addr and flag --port"},
		{"--listen beats its halves", map[string][]string{"bind_addr": {"::1"}, "port": {"80"}, "listen": {"127.0.0.2:2"}}, nil, "", "127.0.0.2:2", "flag --listen"},
		{"PORTREEVE_LISTEN beats its halves", nil, variables{"BIND_ADDR": "::1", "PORT": "80", "PORTREEVE_LISTEN": "127.0.0.2:2"}, "", "127.0.0.2:2", "environment PORTREEVE_LISTEN"},
		{"listen beats its halves in a NAME=value file", nil, nil, "port=80\nlisten=127.0.0.2:2\nbind_addr=::1\n", "127.0.0.2:2", "FILE:2"},
		{"a port over the file's address", map[string][]string{"port": {"80"}}, nil, file, "127.0.0.9:80", "FILE:1 and flag --port"},
		{"a port over the environment's listen", map[string][]string{"port": {"80"}}, variables{"PORTREEVE_LISTEN": "127.0.0.2:2"}, file, "127.0.0.2:80", "environment PORTREEVE_LISTEN and flag --port"},
		{"an address over the environment's port over the file", map[string][]string{"bind_addr": {"::1"}}, variables{"PORT": "80"}, file, "[::1]:80", "flag --bind-addr and environment PORT"},
		{"--listen beats the environment's halves", map[string][]string{"listen": {"127.0.0.3:3"}}, variables{"BIND_ADDR": "::1", "PORT": "80"}, file, "127.0.0.3:3", "flag --listen"},
		{"the environment's halves beat the file", nil, variables{"BIND_ADDR": "::1", "PORT": "80"}, file, "[::1]:80", "environment BIND_ADDR and environment PORT"},
		{"brackets are no part of an address", map[string][]string{"bind_addr": {"[::1]"}}, nil, "", "[::1]:9860", "flag --bind-addr and default"},
		{"any free port", map[string][]string{"port": {"0"}}, nil, "", "127.0.0.1:0", "default and flag --port"},
		{"a name", nil, nil, "listen: localhost:80\n", "localhost:80", "FILE:1"},
		{"variables that --listen makes moot may say anything", map[string][]string{"listen": {"127.0.0.3:3"}}, variables{"BIND_ADDR": "a b", "PORT": "tcp://h:1"}, "", "127.0.0.3:3", "flag --listen"},
		{"empty variables are none", nil, variables{"BIND_ADDR": "", "PORT": " ", "PORTREEVE_LISTEN": ""}, file, "127.0.0.9:9", "FILE:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Sources{Flags: tt.flags, LookupEnv: tt.env.lookup}
			if tt.file != "" {
				s.File = write(t, tt.file)
			}
			c := load(t, s)
			if from := strings.ReplaceAll(c.from("listen"), c.File+":", "FILE:"); c.Listen != tt.want || from != tt.from {
				t.Errorf("Listen = %s from %s, want %s from %s", c.Listen, from, tt.want, tt.from)
			}
		})
	}
}

// TestWhoMayReachUs: what other machines can reach needs TLS, or that somebody
// says it shall be so.
func TestWhoMayReachUs(t *testing.T) {
	const tls = "auth: {tls_cert: cert.pem, tls_key: key.pem}\n"
	tests := []struct {
		text string
		ok   bool
	}{
		{"listen: 127.0.0.1:1", true},
		{"listen: 127.8.8.8:1", true},
		{"listen: '[::1]:1'", true},
		{"listen: '[::ffff:127.0.0.1]:1'", true},
		{"listen: localhost:1", true},
		{"listen: 0.0.0.0:1", false},
		{"listen: ':1'", false},
		{"listen: '[::]:1'", false},
		{"listen: 10.0.0.1:1", false},
		{"listen: ports.example.org:1", false},
		{"listen: 0.0.0.0:1\n" + tls, true},
		{"listen: 0.0.0.0:1\ninsecure: true", true},
		{"listen: 0.0.0.0:1\nauth: {public_read: true}", false},
	}
	for _, tt := range tests {
		_, err := Load(Sources{File: write(t, tt.text)})
		var wrong *Error
		if errors.As(err, &wrong) == tt.ok {
			t.Errorf("%s: %v", tt.text, err)
		}
		if wrong != nil && !(strings.Contains(wrong.Hint(), "auth.tls_cert") && strings.Contains(wrong.Hint(), "insecure: true")) {
			t.Errorf("%s: hint %q", tt.text, wrong.Hint())
		}
	}
}
