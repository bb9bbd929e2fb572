package notify

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// every is a route that wants to know everything at once.
var every = Route{Recovery: true}

// marked returns a script in which something that moves nothing happens to the
// check just before and just after everything else: all is told as without.
func marked(script string) string {
	var scenes []string
	for scene := range strings.SplitSeq(script, ",") {
		scene = strings.TrimSpace(scene)
		at, _, _ := strings.Cut(scene, " ")
		scenes = append(scenes, at+" mark", scene, at+" mark")
	}
	return strings.Join(scenes, ", ")
}

func TestRules(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"an outage and its end", "0s U>H, 1m H>D, 65s D>X@1m, 5m X>H@290s, 1h end", "1m5s down, 5m up after 3m50s"},
		{"single failures are not told", "0s U>H, 1m H>D, 2m D>H, 3m H>D, 4m D>H, 1h end", ""},
		{"an outage from the start is told once", "0s U>X, 1h end", "0s down"},
		{"what is well from the start is not", "0s U>H, 1h end", ""},
		{"a recovery of what was never told is not", "1m X>H, 1h end", ""},
		{"a recovery with a warning is one", "1m H>X, 2m X>D, 3m D>H, 1h end", "1m down, 2m up after 1m"},
		{"a new outage is told anew", "1m H>X, 2m X>H, 3m H>X, 5m X>H, 1h end", "1m down, 2m up after 1m, 3m down, 5m up after 2m"},

		{"the end that nobody saw is no recovery", "1m H>X, 5m X>U, 6m U>H, 1h end", "1m down, 5m closed after 4m"},
		{"nor when it goes on", "1m H>X, 5m X>U, 6m U>X, 8m X>H", "1m down, 5m closed after 4m, 6m down, 8m up after 2m"},
		{"of a check that was removed", "1m H>X, 5m removed, 5m X>U, 1h end", "1m down, 5m closed after 4m"},
		{"of one that does not tell any more", "1m H>X, 5m unwanted, 6m X>H, 7m H>X, 1h end", "1m down, 6m up after 5m"},

		{"a pause in an outage", "1m H>X, 5m +P/alice, 1h -P, 1h X>U, 2h U>H", "1m down, 5m paused by alice, 1h closed after 59m"},
		{"a pause out of one", "1m U>H, 5m +P/alice, 1h -P, 2h end", ""},
		{"a pause that nobody asked for", "1m H>X, 25h +P/pause_after, 48h end", "1m down, 25h paused by pause_after"},
		{"also of an outage in maintenance", "1m +M, 2m H>X, 25h +P/pause_after, 48h end", "25h paused by pause_after"},
		{"and who resumes it begins anew", "1m H>X, 25h +P/pause_after, 48h -P, 48h X>U, 49h U>X", "1m down, 25h paused by pause_after, 48h closed after 47h59m, 49h down"},

		{"maintenance: nothing new is told", "1m +M, 2m H>X, 3m X>H, 4m H>D, 5m D>H, 6m -M, 1h end", ""},
		{"but the end of what was", "1m H>X, 2m +M, 3m X>H, 4m -M, 1h end", "1m down, 3m up after 2m"},
		{"and after it what still is so", "1m +M, 2m H>X, 10m -M, 20m X>H@19m", "10m down, 20m up after 17m"},
		{"unless the target answers again", "1m +M, 2m H>X, 9m pass, 10m -M, 11m X>H@9m, 1h end", ""},
		{"or does so no more", "1m +M, 2m H>X, 9m pass, 10m -M, 630s fail, 1h end", "10m30s down"},
		{"another outage than the one that was told", "1m H>X, 2m +M, 3m X>H, 4m H>X, 9m fail, 10m -M, 1h end", "1m down, 3m up after 2m, 10m down"},

		{"a parent is down: nothing new is told", "1m +B, 2m H>X, 3m X>H, 4m -B, 1h end", ""},
		{"but the end of what was", "1m H>X, 2m +B, 3m X>H, 4m -B, 1h end", "1m down, 3m up after 2m"},
		{"when it is back the child is asked first", "1m +B, 2m H>X, 10m -B, 620s pass, 11m X>H@620s, 1h end", ""},
		{"and told if it is down still", "1m +B, 2m H>X, 10m -B, 620s fail, 1h X>H", "10m20s down, 1h up after 58m"},

		{"flapping: up and down are held back", "1m H>X, 2m X>H, 3m +F, 4m H>X, 5m X>H, 6m H>X, 7m X>H, 20m -F, 1h end",
			"1m down, 2m up after 1m, 3m flapping, 20m settled HEALTHY 2x 1m+1m"},
		{"its end says that the target is down", "1m +F, 2m H>X, 20m -F, 30m X>H", "1m flapping, 20m settled UNHEALTHY was HEALTHY, 30m up after 28m"},
		{"and that it is up", "1m H>X, 2m +F, 3m X>H, 20m -F, 1h end", "1m down, 2m flapping, 20m settled HEALTHY was UNHEALTHY 1x 2m"},
		{"and that it still is as it was", "1m H>X, 2m +F, 20m -F, 30m X>H", "1m down, 2m flapping, 20m settled UNHEALTHY, 30m up after 29m"},
		{"or that nobody knows", "1m H>X, 2m +F, 3m X>U, 3m -F, 1h end", "1m down, 2m flapping, 3m settled UNKNOWN was UNHEALTHY 1x >2m"},
		{"it is not told in maintenance", "1m +M, 2m +F, 3m -F, 4m -M, 1h end", ""},
		{"but after it", "1m +M, 2m +F, 3m H>X, 4m -M, 20m -F, 1h end", "4m flapping, 20m settled UNHEALTHY was HEALTHY"},
		{"its end is told in maintenance", "1m +F, 2m +M, 3m -F, 4m -M, 1h end", "1m flapping, 3m settled HEALTHY"},
		{"it begins again", "1m +F, 2m -F, 3m +F, 4m -F, 1h end", "1m flapping, 2m settled HEALTHY, 3m flapping, 4m settled HEALTHY"},

		{"time that nobody observed is nothing", "1m H>X, 2m +S, 3m -S, 4m X>H", "1m down, 4m up after 3m"},
		{"nothing is told of a check that does not want to", "0s unwanted, 1m H>X, 2m X>H, 3m +F, 4m -F, 1h end", ""},
		{"until it does, when it is down still", "0s unwanted, 1m H>X, 10m wanted, 20m X>H, 1h end", "10m down, 20m up after 19m"},
		{"but not of what was before", "0s unwanted, 1m H>X, 2m X>H, 10m wanted, 1h end", ""},
		{"nor before it fails again", "0s unwanted, 1m H>X, 9m pass, 10m wanted, 11m fail, 1h end", "11m down"},
		{"given away and taken back in an outage", "1m H>X, 5m unwanted, 10m wanted, 20m X>H, 1h end", "1m down, 20m up after 19m"},
		{"nor of one that is no more", "0s removed, 1m H>X, 2m X>H, 1h end", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, script := range []string{tt.script, marked(tt.script)} {
				p := newPlay(t, "shop", every)
				p.status = health.Healthy
				if got := strings.Join(p.perform(script), ", "); got != tt.want {
					t.Errorf("%s:\n got %s\nwant %s", script, got, tt.want)
				}
			}
		})
	}
}

// TestRulesOfRoutes: how somebody wants to be told.
func TestRulesOfRoutes(t *testing.T) {
	after := Route{Recovery: true, After: 2 * time.Minute}
	remind := Route{Recovery: true, RemindEvery: time.Hour}
	tests := []struct {
		name         string
		route        Route
		script, want string
	}{
		{"an outage must last", after, "1m H>X, 1h X>H", "3m down, 1h up after 59m"},
		{"from its first failure", after, "1m H>D, 2m D>X@1m, 1h end", "3m down"},
		{"which may be long ago", after, "10m D>X@1m, 1h end", "10m down"},
		{"a shorter one is not told", after, "1m H>X, 170s X>H, 1h end", ""},
		{"nor when its end is believed late", after, "1m H>X, 150s pass, 10m X>H@150s, 1h end", ""},
		{"unless it was no end", after, "1m H>X, 150s pass, 10m fail, 1h end", "10m down"},
		{"one that is paused is not told", after, "1m H>X, 2m +P, 1h -P, 1h X>U, 2h end", ""},
		{"one of restless ones is", after, "1m +F, 2m H>X, 8m X>H, 9m H>X, 10m X>H, 20m -F", "1m flapping, 20m settled HEALTHY 1x 6m"},

		{"its end may be unwanted", Route{}, "1m H>X, 2m X>H, 3m H>X, 1h end", "1m down, 3m down"},
		{"and that of what nobody saw", Route{}, "1m H>X, 2m X>U, 1h end", "1m down"},
		{"but that of restlessness is told", Route{}, "1m +F, 2m -F, 1h end", "1m flapping, 2m settled HEALTHY"},

		{"a suspicion, an outage and its end are told in this order", Route{Recovery: true, Degrading: true}, "1m H>D, 2m D>X@1m, 5m X>H", "1m degrading, 2m down, 5m up after 4m"},
		{"that a suspicion was wrong is not told", Route{Recovery: true, Degrading: true}, "1m H>D, 2m D>H, 1h end", "1m degrading"},
		{"a warning that stays is told once", Route{Recovery: true, Degrading: true}, "1m H>D, 9h D>H, 10h H>D", "1m degrading, 10h degrading"},
		{"recovered with a warning", Route{Recovery: true, Degrading: true}, "1m H>X, 5m X>D, 9m D>H", "1m down, 5m up after 4m"},
		{"suspicions", Route{Recovery: true, Degrading: true}, "1m H>D, 2m D>H, 3m H>D, 4m D>X@3m, 5m X>D, 6m D>H, 1h end",
			"1m degrading, 3m degrading, 4m down, 5m up after 2m"},
		{"not in maintenance, but after it", Route{Degrading: true}, "1m +M, 2m H>D, 3m -M, 4m D>H", "3m degrading"},
		{"they must last, too", Route{Degrading: true, After: time.Minute}, "1m H>D, 90s D>H, 3m H>D, 10m D>H", "4m degrading"},

		{"reminders", remind, "1m H>X, 3h X>H, 9h end", "1m down, 1h1m reminder 1 after 1h, 2h1m reminder 2 after 2h, 3h up after 2h59m"},
		{"none while somebody looks after it", remind, "1m H>X, 90m acknowledged, 9h end", "1m down, 1h1m reminder 1 after 1h"},
		{"none while it is paused", remind, "1m H>X, 2m +P/bob, 9h end", "1m down, 2m paused by bob"},
		{"none in maintenance", remind, "1m H>X, 2m +M, 90m -M, 130m end", "1m down, 2h1m reminder 1 after 2h"},
		{"none while it flaps", remind, "1m H>X, 2m +F, 90m -F, 3h end", "1m down, 2m flapping, 1h30m settled UNHEALTHY, 2h30m reminder 1 after 2h29m"},
		{"none of what nobody was told of", remind, "1m +M, 2m H>X, 9h end", ""},
		{"they count anew", remind, "0s H>X, 90m X>H, 2h H>X, 190m end", "0s down, 1h reminder 1 after 1h, 1h30m up after 1h30m, 2h down, 3h reminder 1 after 1h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, script := range []string{tt.script, marked(tt.script)} {
				p := newPlay(t, "shop", tt.route)
				p.status = health.Healthy
				if got := strings.Join(p.perform(script), ", "); got != tt.want {
					t.Errorf("%s:\n got %s\nwant %s", script, got, tt.want)
				}
			}
		})
	}
}

// TestRulesOfABadChannel: what could not be told merges, what may have been told
// is told again first.
func TestRulesOfABadChannel(t *testing.T) {
	tests := []struct {
		name         string
		route        Route
		script, want string
	}{
		{"an outage comes late", every, "0s off, 1m H>X, 6h ok, 7h X>H", "6h down, 7h up after 6h59m"},
		{"with its end it is one", every, "0s off, 1m H>X, 2h X>H, 6h ok, 7h end", "6h summary 1x 1h59m"},
		{"also where ends are unwanted", Route{}, "0s off, 1m H>X, 2h X>H, 6h ok, 7h end", "6h summary 1x 1h59m"},
		{"many are one", every, "0s off, 1m H>X, 2m X>H, 3m H>X, 5m X>H, 6m H>X, 9m X>H, 6h ok, 7h end", "6h summary 3x 1m+2m+3m"},
		{"and those before one that goes on", every, "0s off, 1m H>X, 2m X>H, 3m H>X, 6h ok, 7h X>H", "6h down 1x 1m, 7h up after 6h57m"},
		{"a recovery comes late", every, "1m H>X, 2m off, 3m X>H, 6h ok, 7h end", "1m down, 6h up after 2m"},
		{"with what came after", every, "1m H>X, 2m off, 3m X>H, 4m H>X, 5m X>H, 6h ok, 7h end", "1m down, 6h summary 2x 2m+1m"},
		{"and what goes on", every, "1m H>X, 2m off, 3m X>H, 4m H>X, 6h ok, 7h X>H", "1m down, 6h down 1x 2m, 7h up after 6h56m"},
		{"a pause tells of the outage", every, "0s off, 1m H>X, 2m +P/eve, 6h ok, 7h -P, 7h X>U", "6h paused by eve, 7h closed after 6h59m"},
		{"unless it is over", every, "0s off, 1m H>X, 2m +P, 3m -P, 3m X>U, 6h ok, 7h end", "6h summary 1x >2m"},
		{"restlessness is told once", every, "0s off, 1m +F, 2m H>X, 3m X>H, 9m -F, 6h ok, 7h end", "6h settled HEALTHY 1x 1m"},
		{"with what came before and after", every, "0s off, 1m H>X, 2m X>H, 3m +F, 4m H>X, 9m -F, 10m X>H, 11m H>X, 6h ok, 7h X>H",
			"6h settled UNHEALTHY was HEALTHY 2x 1m+6m, 7h up after 6h49m"},
		{"and began again", every, "1m +F, 2m off, 3m -F, 4m +F, 6h ok, 7h -F", "1m flapping, 7h settled HEALTHY"},
		{"a short outage is none, late as it may be", Route{Recovery: true, After: 5 * time.Minute}, "0s off, 1m H>X, 2m X>H, 3m H>X, 9m X>H, 6h ok, 7h end", "6h summary 1x 6m"},
		{"maintenance begins: it is told all the same", every, "0s off, 1m H>X, 2m +M, 6h ok, 7h end", "6h down"},
		{"reminders do not pile up", Route{RemindEvery: time.Hour}, "1m H>X, 2m off, 9h ok, 601m end", "1m down, 9h reminder 1 after 8h59m, 10h reminder 2 after 9h59m"},
		{"a suspicion that is over is forgotten", Route{Degrading: true}, "0s off, 1m H>D, 2m D>H, 6h ok, 7h end", ""},
		{"the check does not tell any more", every, "0s off, 1m H>X, 2m X>H, 3m unwanted, 6h ok, 7h end", ""},
		{"the check is no more", every, "0s off, 1m H>X, 2m removed, 2m X>U, 6h ok, 7h end", "6h summary 1x >1m"},

		{"what happens during a try comes after it", every, "0s slow, 1m H>X, 2m X>H, 3m taken", "3m down, 3m up after 1m"},
		{"or merges with it", every, "0s slow, 1m H>X, 2m X>H, 3m refused, 4m ok", "4m summary 1x 1m"},
		{"several ends", every, "1m H>X, 2m slow, 2m X>H, 3m H>X, 4m X>H, 5m refused, 6m ok", "1m down, 6m summary 2x 1m+1m"},
		{"a suspicion", Route{Degrading: true, Recovery: true}, "0s slow, 1m H>D, 2m D>H, 3m H>D, 4m taken", "4m degrading, 4m degrading"},
		{"restlessness that ends", every, "0s slow, 1m +F, 2m -F, 3m taken", "3m flapping, 3m settled HEALTHY"},
		{"that ends untold", every, "0s slow, 1m +F, 2m -F, 3m refused, 4m ok", "4m settled HEALTHY"},
		{"that ends and begins again", every, "1m +F, 2m slow, 2m -F, 3m +F, 4m taken, 9m -F", "1m flapping, 4m settled HEALTHY, 4m flapping, 9m settled HEALTHY"},
		{"and whose end was not taken", every, "1m +F, 2m slow, 2m -F, 3m +F, 4m refused, 5m ok, 9m -F", "1m flapping, 9m settled HEALTHY"},
		{"a pause that ends", every, "1m H>X, 2m slow, 2m +P/pat, 3m -P, 3m X>U, 4m taken", "1m down, 4m paused by pat, 4m closed after 2m"},

		{"doubt: word for word, then what is new", every, "0s doubt, 1m H>X, 90s X>H, 150s ok, 7h end", "1m down?, 2m down?, 2m30s down, 2m30s up after 30s"},
		{"that it is not taken then takes no doubt away", every, "0s doubt, 1m H>X, 90s off, 2m X>H, 1h ok", "1m down?, 1h down, 1h up after 1m"},
		{"also of a pause", every, "1m H>X, 2m doubt, 2m +P/kim, 150s ok, 3h end", "1m down, 2m paused? by kim, 2m30s paused by kim"},
		{"also of restlessness that begins again", every, "1m +F, 2m doubt, 2m -F, 150s +F, 170s ok, 4m -F, 5m end", "1m flapping, 2m settled? HEALTHY, 2m50s settled HEALTHY, 2m50s flapping, 4m settled HEALTHY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, script := range []string{tt.script, marked(tt.script)} {
				p := newPlay(t, "shop", tt.route)
				p.status = health.Healthy
				if got := strings.Join(p.perform(script), ", "); got != tt.want {
					t.Errorf("%s:\n got %s\nwant %s", script, got, tt.want)
				}
				p.keysAreStable()
			}
		})
	}
}

// keysAreStable: one key is one notice, word for word.
func (p *play) keysAreStable() {
	p.t.Helper()
	byKey := map[string]Notice{}
	for _, n := range p.notices {
		if before, ok := byKey[n.Key]; ok && !reflect.DeepEqual(before, n) {
			p.t.Errorf("by one key %s: %+v and %+v", n.Key, before, n)
		}
		byKey[n.Key] = n
	}
}

// TestRulesAboutOurselves: every route hears of them, at once.
func TestRulesAboutOurselves(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"cut off", "1m U>X, 11m X>H", "1m down, 11m up after 10m"},
		{"what is wanted so", "1m U>D, 11m D>H, 12m H>D, 1h end", "1m degrading, 11m well, 12m degrading"},
		{"restless", "1m H>X, 2m X>H, 3m +F, 4m H>X, 9m -F", "1m down, 2m up after 1m, 3m flapping, 9m settled UNHEALTHY was HEALTHY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlay(t, health.SelfPrefix+"local_network", Route{Recovery: true, After: time.Hour})
			if got := strings.Join(p.perform(tt.script), ", "); got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.script, got, tt.want)
			}
		})
	}
}
