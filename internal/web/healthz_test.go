package web

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestHealth(t *testing.T) {
	now := time.Now()
	component := func(v health.Verdict, output string) func() map[string][]Component {
		return func() map[string][]Component {
			return map[string][]Component{"journal:queue": {{Status: v, Output: output, Time: now}}}
		}
	}
	for name, tt := range map[string]struct {
		world  *world
		health func() map[string][]Component
		code   int
		status health.Verdict
		output string
	}{
		"all is well, though the machine has problems": {busyWorld(now), nil, 200, health.Pass, ""},
		"has not looked yet":                           {newWorld(now), nil, 503, health.Fail, "the machine has not been looked at yet"},
		"looks late":                                   {busyWorld(now.Add(-20 * time.Second)), nil, 200, health.Warn, "the machine was last looked at 20s ago"},
		"has stopped looking":                          {busyWorld(now.Add(-5 * time.Minute)), nil, 503, health.Fail, "the machine was last looked at 5m0s ago"},
		"another part warns":                           {busyWorld(now), component(health.Warn, "queue is long"), 200, health.Warn, "queue is long"},
		"another part fails":                           {busyWorld(now), component(health.Fail, "disk full"), 503, health.Fail, "disk full"},
		"another part cannot tell":                     {busyWorld(now), component(health.Indeterminate, "asked too soon"), 200, health.Warn, "asked too soon"},
		"the worst is told":                            {busyWorld(now.Add(-20 * time.Second)), component(health.Fail, "disk full"), 503, health.Fail, "disk full"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := ask(tt.world.server(Options{Version: "1.2.3", Health: tt.health}).Handler(), "/healthz")
			var got struct {
				Status, ServiceID, ReleaseID, Output string
				Checks                               map[string][]map[string]any
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if rec.Code != tt.code || got.Status != string(tt.status) || got.Output != tt.output {
				t.Errorf("%d %s %q, want %d %s %q", rec.Code, got.Status, got.Output, tt.code, tt.status, tt.output)
			}
			if rec.Header().Get("Content-Type") != "application/health+json" || got.ServiceID != "portreeve/web-07" || got.ReleaseID != "1.2.3" || len(got.Checks["ports:look"]) != 1 {
				t.Errorf("%v: %s", rec.Header(), rec.Body)
			}
		})
	}
}
