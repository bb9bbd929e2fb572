package web

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
)

// TestCommandsAreOneWordEach: whatever somebody wrote, a shell takes it for what
// it is.
func TestCommandsAreOneWordEach(t *testing.T) {
	for _, e := range append(evil, "it's", `$(id)`, "`id`", `\'; id; '`, "a\nb") {
		out, err := exec.Command("sh", "-c", "printf %s "+quote(e)).Output()
		if err != nil || string(out) != e {
			t.Errorf("%q became %q: %v", e, out, err)
		}
	}
}

// TestCommandsNameNoStrangeHost: the host is what the caller says.
func TestCommandsNameNoStrangeHost(t *testing.T) {
	for host, want := range map[string]string{
		"localhost:9860": "localhost:9860", "web-07": "web-07", "[::1]:9860": "[::1]:9860", "localhost:1;id": "localhost", "localhost:$(id)": "localhost", "a'b": "localhost", "localhost:99999": "localhost",
	} {
		r := arrived("GET", "http://localhost/", here, "127.0.0.1:9860")
		r.Host = host
		if got := callableHost(r); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestActionsSuitTheCheck(t *testing.T) {
	d := doer{"https://web-07:9860"}
	spec := &health.Spec{Name: "shop-api"}
	running := d.pause(&health.State{Spec: spec})
	paused := d.pause(&health.State{Spec: spec, Overlays: []health.Overlay{health.Paused}})
	if running.Label != "Pause" || paused.Label != "Resume" {
		t.Errorf("%s and %s", running.Label, paused.Label)
	}
	if want := `curl -X POST -H "Authorization: Bearer $TOKEN" 'https://web-07:9860/api/v1/checks/shop-api/resume'`; paused.Curl != want {
		t.Errorf("the command is %s", paused.Curl)
	}
	if all := d.plan(); !strings.Contains(all.Curl, `"checks":["shop-*"]`) || all.Body != "{}" || all.Fields[0].Kind != "list" {
		t.Errorf("a plan for all checks is %+v", all)
	}
}
