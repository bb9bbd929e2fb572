package foreign

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTextIsSafeToLookAt(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain text stays", "nginx: master", "nginx: master"},
		{"letters of any script stay", "größe-サーバ", "größe-サーバ"},
		{"markup stays: templates escape it", "<img src=x>", "<img src=x>"},
		{"escape sequences show", "a\x1b[31mred", `a\x1b[31mred`},
		{"line breaks show", "a\r\nb", `a\r\nb`},
		{"direction overrides show", "abc\u202egpj.exe", `abc\u202egpj.exe`},
		{"line separators show", "a\u2028b", `a\u2028b`},
		{"bytes that are no text show", "a\xffb\xc0", `a\xffb\xc0`},
		{"C1 controls show", "a\u009bb", `a\u009bb`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(tt.in).String(); got != tt.want {
				t.Errorf("String() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	if got := Text("abcdef").Clip(4); got != "abc…" {
		t.Errorf("Clip(4) = %q", got)
	}
	if got := Text("abcd").Clip(4); got != "abcd" {
		t.Errorf("Clip(4) = %q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\x1b]0;title\x07")
	f.Fuzz(func(t *testing.T, in string) {
		got := Text(in).String()
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("String() of %q = %q is not safe", in, got)
		}
	})
}
