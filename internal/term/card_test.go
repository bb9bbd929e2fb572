package term

import (
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
)

func cards() []Card {
	return []Card{
		{Head: "shop is no more"},
		{Status: health.Unhealthy, Head: "shop\x1b[31m: http://192.0.2.7:3000/health", Facts: []Fact{
			{Name: "server", Text: "http://192.0.2.1:9860"},
			{Name: "nothing"},
			{Name: "registered", Text: "2026-11-20 10:00 by address 192.0.2.7; restarted 4 times, 3 of them within ten minutes: it crashes\x1b[2J again and again", Tone: Caution},
			{Name: "last", Text: "connect_refused: 192.0.2.7:3000: connection refused", Tone: Bad},
		}},
		{Status: health.Unknown, Head: "backup: push://backup", Facts: []Fact{{Name: "heartbeat", Text: "none yet"}}},
	}
}

func TestCards(t *testing.T) {
	for place, s := range screens {
		var blocks []string
		for _, c := range cards() {
			blocks = append(blocks, strings.Join(c.lines(s), "\n")+"\n")
		}
		golden(t, "card-"+place, strings.Join(blocks, "\n"))
	}
}
