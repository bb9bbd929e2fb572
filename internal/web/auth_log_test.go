package web

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestManyAddressesDoNotFillTheLog with wrong tokens: a minute has its lines,
// and one for the rest.
func TestManyAddressesDoNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		w := busyWorld(time.Now())
		h := New(w.board, w.journal, Options{Tokens: someTokens()}, slog.New(slog.NewTextHandler(&said, nil))).Handler()
		for minute, tt := range []struct{ strikes, lines, more int }{{500, wrongLines, 500 - wrongLines}, {300, wrongLines, 300 - wrongLines}, {3, 3, 0}, {wrongLines, wrongLines, 0}} {
			said.Reset()
			for i := range tt.strikes {
				from := fmt.Sprintf("10.%d.%d.%d:5000", minute, i/250, i%250+1)
				if rec := askFrom(h, from, "GET", "/", nil, bearer("nobody")...); rec.Code != 401 {
					t.Fatalf("%s: %d", from, rec.Code)
				}
			}
			time.Sleep(wrongWindow)
			synctest.Wait()
			if n := strings.Count(said.String(), `"web: wrong token"`); n != tt.lines {
				t.Errorf("minute %d: %d lines, want %d", minute, n, tt.lines)
			}
			if rest := fmt.Sprintf("more=%d\n", tt.more); strings.Contains(said.String(), "more=") != (tt.more > 0) || tt.more > 0 && !strings.HasSuffix(said.String(), rest) {
				t.Errorf("minute %d: of %d more it says\n%s", minute, tt.more, said.String())
			}
		}
	})
}
