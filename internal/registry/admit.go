package registry

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// Admit lets apps sign up, on terms, and has the roster ask those that did. Call
// it before [Registry.Load], and again, before [Registry.Configure], when the
// terms have changed or what the roster knows has: networks, routes. Every
// registration is then judged and entered anew. While the roster is nil nobody can
// sign up, and what is kept waits.
func (r *Registry) Admit(roster Roster, terms registration.Terms) {
	r.changing.Lock()
	defer r.changing.Unlock()
	r.mu.Lock()
	r.admits, r.terms = roster, terms
	r.mu.Unlock()
	r.entered = map[string]bool{}
}

func (r *Registry) roster() Roster {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.admits
}

// takeRegistration takes what was kept.
func (r *Registry) takeRegistration(name string, value []byte) error {
	var reg registration.Registration
	if err := json.Unmarshal(value, &reg); err != nil {
		return err
	}
	if reg.Spec.Name != name {
		return errOther
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roll.put(&reg)
	return nil
}

// attend has the roster ask what is registered and not asked yet, and tells of
// what it cannot. r.changing is held.
func (r *Registry) attend() {
	roster := r.roster()
	if roster == nil {
		return
	}
	r.mu.RLock()
	names, terms := maps.Clone(r.roll.names), r.terms
	r.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		r.clash(name, roster.Configured(name))
		if !r.entered[name] {
			r.enter(roster, terms, names[name])
		}
	}
}

// clash tells once that the configuration has a registered name, and once that it
// has no more.
func (r *Registry) clash(name string, configured bool) {
	switch {
	case configured == r.clashes[name]:
	case configured:
		r.clashes[name] = true
		r.log.Warn("a registered check waits: the configuration has one of its name", "check", name)
	default:
		delete(r.clashes, name)
		r.log.Info("a registered check is asked again: the configuration has let its name go", "check", name)
	}
}

// enter has one registration asked, if nothing is wrong with it, and paused as it
// was: it may not have been asked when pauses were followed last.
func (r *Registry) enter(roster Roster, terms registration.Terms, held *registration.Registration) {
	next, name := *held, held.Spec.Name
	granted := terms.Grant(&next)
	next.Wrong = r.tryToEnter(roster, terms, next)
	news := !slices.Equal(next.Wrong, held.Wrong)
	if len(next.Wrong) > 0 && news {
		r.log.Error("a registered check is not asked", "check", name, "err", Invalid(next.Wrong))
		roster.Leave(name)
	}
	if r.entered[name] = len(next.Wrong) == 0; r.entered[name] {
		r.hold(name)
	}
	if granted || news {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.roll.put(&next)
	}
}

// tryToEnter returns what is wrong with a registration. One whose routes alone are
// gone has the default ones told: silence would be worse.
func (r *Registry) tryToEnter(roster Roster, terms registration.Terms, next registration.Registration) []health.FieldError {
	next.Wrong = nil
	lost := next.Spec.Alerts
	wrong := append(next.Validate(), roster.Judge(next)...)
	routeless := len(wrong) > 0 && about(wrong, "alerts")
	if routeless {
		next.Spec.Alerts = slices.Clone(terms.DefaultAlerts)
		wrong = append(next.Validate(), roster.Judge(next)...)
	}
	if len(wrong) > 0 {
		return wrong
	}
	if err := roster.Enter(next); err != nil {
		return []health.FieldError{{Field: "name", Reason: err.Error()}}
	}
	if routeless {
		r.log.Warn("the routes that an app has asked for are gone, and the default ones are told", "check", next.Spec.Name, "routes", lost)
	}
	return nil
}

// about reports whether only one field is wrong.
func about(wrong []health.FieldError, field string) bool {
	return !slices.ContainsFunc(wrong, func(e health.FieldError) bool { return e.Field != field })
}
