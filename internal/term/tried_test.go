package term

import (
	"bytes"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

func TestTried(t *testing.T) {
	tried := []Tried{
		{Channel: "ops/email", Took: health.Duration(120 * time.Millisecond)},
		{Channel: "ops/slack", Err: "slack: 404 Not Found: no_team", Took: health.Duration(time.Second)},
		{Channel: "ops/webhook", Err: foreign.Text("webhook h: 500: \x1b[31mred\nline"), Took: health.Duration(time.Second)},
	}
	for name, json := range map[string]bool{"tried": false, "tried-json": true} {
		var b bytes.Buffer
		if err := WriteTried(&b, tried, json); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
}
