package registry

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// knock returns why somebody may not change any registration now. It costs next
// to nothing, whoever knocks and however often.
func (r *Registry) knock(by registration.Caller) error {
	switch {
	case r.roster() == nil:
		return closedRefusal(registration.Forbidden)
	case !by.Known() && by.Owns == "":
		return strangerRefusal()
	}
	if wait := r.gate.pass(by.Key(), time.Now()); wait > 0 {
		return &registration.Refusal{Because: registration.TooOften, Detail: "You ask for changes too often.", Hint: "Wait as long as you are told.", Retry: wait}
	}
	return nil
}

func closedRefusal(because registration.Because) *registration.Refusal {
	return &registration.Refusal{Because: because, Detail: "Nobody can sign up here.", Hint: "The option registration.enabled turns it on."}
}

func strangerRefusal() *registration.Refusal {
	return &registration.Refusal{
		Because: registration.Forbidden, Detail: "Nobody knows who you are: a proxy asks for you.",
		Hint: "Show a token of the scope register, or call without the proxy.",
	}
}

// claim tells what it is when a caller signs up a name, and who holds it, if
// anybody.
func (r *Registry) claim(by registration.Caller, name string) (held *registration.Registration, what registration.Outcome, err error) {
	r.mu.RLock()
	held, full := r.roll.names[name], r.roll.room(by.Key(), r.roll.names[name])
	roster := r.admits
	r.mu.RUnlock()
	switch {
	case roster == nil: // since it was knocked
		return nil, "", closedRefusal(registration.Forbidden)
	case roster.Configured(name):
		return nil, "", configuredRefusal(name)
	}
	what = registration.Created
	if held != nil {
		var refusal *registration.Refusal
		if what, refusal = held.Claim(by, known(roster.State(name))); refusal != nil {
			return nil, "", refusal
		}
		if held.Owner == held.Passed(by).Owner {
			full = nil
		}
	}
	switch {
	case !by.Known() && what != registration.Restarted:
		return nil, "", strangerRefusal()
	case full != nil:
		return nil, "", full
	}
	return held, what, nil
}

// known returns what is known of a check now. What was believed of it before our
// start is not: nobody has asked since, and its app may have come back. One that is
// paused is not going to be asked.
func known(s *health.State) health.Status {
	if s == nil || s.Last == nil && !s.Has(health.Paused) {
		return health.Unknown
	}
	return s.Status
}

func configuredRefusal(name string) *registration.Refusal {
	return &registration.Refusal{
		Because: registration.Configured, Detail: "The configuration has a check named " + name + ".",
		Hint: "Choose another name, or have it taken out of the configuration.",
	}
}
