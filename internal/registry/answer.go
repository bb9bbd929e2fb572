package registry

import (
	"cmp"
	"slices"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/registration"
)

// Registration returns what is registered under a name. It answers at once. What
// it holds must not be changed.
func (r *Registry) Registration(name string) (registration.Registration, bool) {
	r.mu.RLock()
	held, ok := r.roll.names[name]
	roster := r.admits
	r.mu.RUnlock()
	if !ok || roster == nil {
		return registration.Registration{}, false
	}
	return shown(held, roster), true
}

// shown is a registration with whether it waits.
func shown(held *registration.Registration, roster Roster) registration.Registration {
	reg := *held
	reg.Conflict = roster.Configured(reg.Spec.Name)
	return reg
}

// Registrations returns everything that is registered, by name. What it holds must
// not be changed.
func (r *Registry) Registrations() []registration.Registration {
	r.mu.RLock()
	roster := r.admits
	held := make([]*registration.Registration, 0, len(r.roll.names))
	for _, reg := range r.roll.names {
		held = append(held, reg)
	}
	r.mu.RUnlock()
	if roster == nil {
		return nil
	}
	slices.SortFunc(held, func(a, b *registration.Registration) int { return cmp.Compare(a.Spec.Name, b.Spec.Name) })
	all := make([]registration.Registration, len(held))
	for i, reg := range held {
		all[i] = shown(reg, roster)
	}
	return all
}

// MayChange returns nil when a caller may change a registration and read what is
// private of it, else a [registration.Refusal]. Also of one that waits for the
// configuration to let its name go: the check that is asked is then not the app's.
// It answers at once.
func (r *Registry) MayChange(by registration.Caller, name string) error {
	_, err := r.owned(by, name)
	return err
}

// Owner returns the name of the registration whose owner's token a secret is. It
// answers at once, however many there are.
func (r *Registry) Owner(secret string) (name string, ok bool) {
	if !auth.Minted(secret) {
		return "", false
	}
	hash := auth.HashOf(secret)
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.admits == nil {
		return "", false
	}
	name, ok = r.roll.secrets[hash]
	return name, ok
}

// asks reports whether the check of a name is one that an app signed up, and not
// the configuration's.
func (r *Registry) asks(name string) bool {
	r.mu.RLock()
	_, ok := r.roll.names[name]
	roster := r.admits
	r.mu.RUnlock()
	return ok && roster != nil && !roster.Configured(name)
}
