package term

import (
	"slices"
	"strings"
	"testing"
)

func TestWidth(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"nginx", 5},
		{"größe", 5},
		{"gro\u0308ße", 5}, // the dots are a combining mark
		{"サーバー", 8},
		{"한국어", 6},
		{"\u1100\u1161", 2}, // a Hangul syllable of two letters
		{"ｗｉｄｅ", 8},
		{"🚀 up", 5},
		{"●▲◆◌…≥", 6},
	}
	for _, tt := range tests {
		if got := columns(tt.text); got != tt.want {
			t.Errorf("columns(%q) = %d, want %d", tt.text, got, tt.want)
		}
	}
}

func TestClip(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"nginx", 5, "nginx"},
		{"nginx", 4, "ngi…"},
		{"nginx", 1, "…"},
		{"nginx", 0, ""},
		{"サーバー", 8, "サーバー"},
		{"サーバー", 7, "サーバ…"},
		{"サーバー", 6, "サー…"}, // half a character is none
	}
	for _, tt := range tests {
		got := clip(tt.text, tt.width)
		if got != tt.want || columns(got) > tt.width {
			t.Errorf("clip(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func FuzzClip(f *testing.F) {
	f.Add("größe-サーバー", 5)
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = min(max(width, 0), 500)
		if got := clip(text, width); columns(got) > width {
			t.Errorf("clip(%q, %d) = %q takes %d columns", text, width, got, columns(got))
		}
	})
}

func TestWrap(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"a short one", 40, "a short one"},
		{"no  limit, as it is", 0, "no  limit, as it is"},
		{"one two three", 7, "one two|three"},
		{"one two three", 3, "one|two|three"},
		{"run setcap,as,long,as,this now", 10, "run|setcap,as,long,as,this|now"},
		{"setcap,as,long,as,this", 10, "setcap,as,long,as,this"},
	}
	for _, tt := range tests {
		if got := wrap(tt.text, tt.width); !slices.Equal(got, strings.Split(tt.want, "|")) {
			t.Errorf("wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestAge(t *testing.T) {
	tests := map[string]string{
		"-5s": "0s", "0s": "0s", "59s": "59s", "60s": "1m", "59m59s": "59m", "1h": "1h", "47h59m": "47h", "48h": "2d", "9000h": "375d",
	}
	for in, want := range tests {
		if got := age(duration(t, in)); got != want {
			t.Errorf("age(%s) = %s, want %s", in, got, want)
		}
	}
}
