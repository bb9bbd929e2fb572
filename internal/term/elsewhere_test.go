package term

import (
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

func TestElsewhereNamesWhoIsNotCounted(t *testing.T) {
	inner := port.Listener{Proto: port.TCP, Port: 8500, Foreign: true, Owner: port.Owner{Known: true, Leader: &port.Process{PID: 7, Name: "con\x1bsul"}}}
	own := port.Listener{Proto: port.TCP, Port: 8500}
	v := &board.View{Listeners: []port.Listener{inner, own}}
	lines := Elsewhere(v, 8500)
	if len(lines) != 1 || !strings.Contains(lines[0].Text, `con\x1bsul (pid 7) listens on 8500`) {
		t.Errorf("lines = %+v", lines)
	}
	if lines := Elsewhere(v, 0); lines != nil {
		t.Errorf("of all ports: %+v", lines)
	}
}
