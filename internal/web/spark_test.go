package web

import (
	"slices"
	"testing"
)

func TestDrawSpark(t *testing.T) {
	for _, tt := range []struct {
		name    string
		minutes []uint32
		path    string
		title   string
	}{
		{"a flat line of none lies at the bottom", []uint32{0, 0, 0}, "M57 14L59 14", "0 connections in the last 3 minutes"},
		{"a flat line of many runs along the top", []uint32{9, 9, 9}, "M57 1L59 1", "9 connections in the last 3 minutes"},
		{"the present is on the right", []uint32{0, 13}, "M58 14L59 1", "0 to 13 connections in the last 2 minutes"},
		{"straight stretches take no room", []uint32{0, 0, 0, 13, 13, 13, 0}, "M53 14L55 14L56 1L58 1L59 14", "0 to 13 connections in the last 7 minutes"},
		{"huge numbers stay in the picture", []uint32{4294967295, 0}, "M58 1L59 14", "0 to 4294967295 connections in the last 2 minutes"},
	} {
		if got := drawSpark(tt.minutes); got == nil || *got != (spark{tt.path, tt.title}) {
			t.Errorf("%s: %+v, want %q, %q", tt.name, got, tt.path, tt.title)
		}
	}
	if drawSpark(nil) != nil || drawSpark([]uint32{5}) != nil {
		t.Error("a single minute has no line")
	}
	if s := drawSpark(slices.Repeat([]uint32{1, 2}, 30)); s.Path[:2] != "M0" {
		t.Errorf("a whole hour does not begin on the left: %s", s.Path)
	}
}
