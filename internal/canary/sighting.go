package canary

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A sighting is what a look saw of one witness.
type sighting struct {
	role    role
	address netip.Addr
	beyond  bool      // the witness is reached through the path's gateway
	trusted time.Time // when it had last answered before the look; zero: never
	alive   bool      // it answered, or the kernel heard of it, during the look
	lost    bool      // the kernel asked for it on the link and got no answer
	starved bool      // there was no descriptor to ask it with
	// outlived is set when others were heard by the same path since the witness
	// fell silent: then its silence is its own.
	outlived bool
}

// silent reports a silence that proves something.
func (s *sighting) silent() bool { return !s.alive && !s.starved && !s.outlived && !s.trusted.IsZero() }

// name words the witness for people.
func (s *sighting) name() string { return fmt.Sprintf("the %s %s", s.role, s.address.WithZone("")) }

// A look is what was seen of a path.
type look struct {
	path       path
	link       foreign.Text // its name
	trouble    string       // what is wrong with the link itself
	flaps      uint32       // how often its carrier came or went, ever
	witnesses  []sighting
	others     bool // somebody else on the link was heard
	began, end time.Time
}

// excuse judges the silence of one address. It is the rule of this package:
//
//   - a link that carries nothing excuses all;
//   - through a gateway, somebody beyond it who answers makes us well; a gateway
//     that cannot be found, or is silent and was not before, excuses; one that
//     answers does too when all beyond it who ever answered are silent;
//   - on the link itself, anybody else who answers by it makes us well, and
//     silence of those who answered before excuses;
//   - otherwise nothing is proven, and silence is the target's own. Nor does the
//     silence of a witness prove anything that others on its path outlived.
func (l *look) excuse(silent netip.Addr) (health.Reason, foreign.Text) {
	if l.trouble != "" {
		return health.LocalNetwork, l.link + " " + foreign.Text(l.trouble)
	}
	near, far := l.without(silent)
	var text string
	if l.path.gateway.IsValid() {
		text = l.through(near, far)
	} else {
		text = l.among(append(near, far...))
	}
	if text != "" {
		return health.LocalNetwork, foreign.Text(text)
	}
	if name := starved(near, far); name != "" {
		return health.LocalFDs, foreign.Text("no descriptor was left to ask " + name)
	}
	return "", ""
}

// without returns the witnesses on the link and beyond the gateway, leaving out
// who cannot be its own witness.
func (l *look) without(silent netip.Addr) (near, far []sighting) {
	for _, s := range l.witnesses {
		switch {
		case s.address.WithZone("") == silent.WithZone(""):
		case s.beyond:
			far = append(far, s)
		default:
			near = append(near, s)
		}
	}
	return near, far
}

// through judges an address beyond a gateway.
func (l *look) through(near, far []sighting) string {
	if anyAlive(far) {
		return ""
	}
	if text := l.gatewayTrouble(near); text != "" {
		return text
	}
	if s := firstSilent(far); s != nil {
		return fmt.Sprintf("nothing answers beyond the gateway %s on %s: %s%s", l.path.gateway, l.link, s.name(), l.ago(" did", s.trusted))
	}
	return ""
}

// gatewayTrouble says what is wrong with the path's gateway, which may be a
// resolver as well.
func (l *look) gatewayTrouble(near []sighting) string {
	if anyAlive(near) {
		return ""
	}
	for _, s := range near {
		if s.lost {
			return fmt.Sprintf("%s on %s cannot be found%s", s.name(), l.link, l.ago(" and answered", s.trusted))
		}
	}
	if s := firstSilent(near); s != nil {
		return fmt.Sprintf("%s on %s does not answer%s", s.name(), l.link, l.ago(" and did", s.trusted))
	}
	return ""
}

// among judges an address on the link itself.
func (l *look) among(all []sighting) string {
	if l.others || anyAlive(all) {
		return ""
	}
	if s := firstSilent(all); s != nil {
		return fmt.Sprintf("nobody answers on %s: %s%s", l.link, s.name(), l.ago(" did", s.trusted))
	}
	return ""
}

// ago words when something was, "" when it never was.
func (l *look) ago(verb string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %s ago", verb, span(l.end.Sub(at)))
}

// span words a time in one unit.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

func anyAlive(all []sighting) bool {
	for _, s := range all {
		if s.alive {
			return true
		}
	}
	return false
}

// firstSilent returns a witness whose silence proves something: the one that
// answered last.
func firstSilent(all []sighting) (found *sighting) {
	for i := range all {
		if s := &all[i]; s.silent() && (found == nil || s.trusted.After(found.trusted)) {
			found = s
		}
	}
	return found
}

// starved names a witness that could not be asked though nobody else was heard.
func starved(near, far []sighting) string {
	if anyAlive(near) || anyAlive(far) {
		return ""
	}
	for _, s := range append(near, far...) {
		if s.starved && !s.trusted.IsZero() {
			return s.name()
		}
	}
	return ""
}
