package main

import (
	"io"
	"strings"
	"testing"
)

func TestArrange(t *testing.T) {
	tests := []struct{ args, want string }{
		{"ports", "ports"},
		{"ports --json", "ports --json"},
		{"ports node --json scope:all", "ports --json -- node scope:all"},
		{"ports -user:root -w", "ports -w -- -user:root"},
		{"ports -USER:root", "ports -- -USER:root"},
		{"ports -nginx", "ports -nginx"}, // a flag, as far as anybody can tell
		{"ports node -- -nginx --json", "ports -- node -nginx --json"},
		{"ports --sort -connections node", "ports --sort=-connections -- node"},
		{"ports node --sort", "ports node --sort"},
		{"conns 8500 --by client", "conns --by=client -- 8500"},
		{"flappy 80 web1 -s 1 web2", "flappy --seconds=1 -- 80 web1 web2"},
		{"flappy -n 3 --json 80 -", "flappy --checks=3 --json -- 80 -"},
		{"flappy -n3 80", "flappy -n3 -- 80"},
		{"flappy 80 -s", "flappy 80 -s"},
		{"flappy 80 -s --json", "flappy 80 -s --json"},
		{"flappy 80 -n -1", "flappy --checks=-1 -- 80"},
		{"check tcp://h:1 --timeout 1s --mode listen", "check --timeout=1s --mode=listen -- tcp://h:1"},
		{"serve -p 80 -ba 127.0.0.1 -v", "serve --port=80 --bind-addr=127.0.0.1 -v"},
		{"serve -p=80 -ba=127.0.0.1 -p81", "serve --port=80 --bind-addr=127.0.0.1 -p81"},
		{"serve --bind_addr ::1 -gt x", "serve --bind-addr=::1 --gmail-token=x"},
		{"serve -ba", "serve --bind-addr"},
		{"config print --port 80 file.yaml", "config --port=80 -- print file.yaml"},
		{"textfile --directory --once", "textfile --directory --once"},
		{"help", "--help"},
		{"help ports", "ports --help"},
		{"--version", "version"},
		{"nonsense --flag word", "nonsense --flag word"},
	}
	parser, err := newParser(streams{strings.NewReader(""), io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if got := strings.Join(arrange(strings.Fields(tt.args), parser.Model), " "); got != tt.want {
			t.Errorf("%q is arranged as %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestEscape(t *testing.T) {
	tests := map[string]string{
		"plain":        "plain",
		"--flag":       `\-\-flag`,
		".TH trap":     `\&.TH trap`,
		"'tis a trap":  `\(aqtis a trap`,
		`back\slash`:   `back\eslash`,
		"`code` ^ ~":   `\(gacode\(ga \(ha \(ti`,
		"● ok":         `\[u25CF] ok`,
		"a.b, 1.5 'x'": `a.b, 1.5 \(aqx\(aq`,
	}
	for in, want := range tests {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}
