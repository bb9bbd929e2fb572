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
		{"textfile --directory --once", "textfile --directory --once"},
		{"help", "--help"},
		{"help ports", "ports --help"},
		{"--version", "version"},
		{"nonsense --flag word", "nonsense --flag word"},
	}
	parser, err := newParser(streams{io.Discard, io.Discard})
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
