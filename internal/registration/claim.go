package registration

import (
	"reflect"

	"github.com/portreeve/portreeve/internal/health"
)

// OwnedBy reports whether a caller is the owner: it shows the owner's token, or
// is who signed the app up. Of what was signed up with a token that is the
// token, of all else the address.
func (r *Registration) OwnedBy(c Caller) bool {
	return c.Owns == r.Spec.Name || r.Owner != "" && c.Identity() == r.Owner
}

// MayChange returns nil when a caller may change, pause, resume and remove what
// is registered, and read what is private of it: its owner, and an administrator.
func (r *Registration) MayChange(c Caller) *Refusal {
	if r.OwnedBy(c) || c.Admin {
		return nil
	}
	return &Refusal{
		Because: Forbidden, Detail: "Somebody else has signed " + r.Spec.Name + " up.",
		Hint: "Show the owner's token, that of the scope admin, or call from the address that signed it up.",
	}
}

// Claim says what it is when a caller signs up the name that this registration
// holds: its app's restart; or, when it does not answer any more, taking it over.
// From a token nobody takes over anything: whoever has it can let go. The status
// is what is believed of the check.
func (r *Registration) Claim(c Caller, s health.Status) (Outcome, *Refusal) {
	switch {
	case r.OwnedBy(c):
		return Restarted, nil
	case r.Key().token != "":
		return "", &Refusal{Because: Taken, Detail: "The name " + r.Spec.Name + " is somebody else's.", Hint: "Choose another name, or show the owner's token."}
	case s != health.Unhealthy:
		return "", &Refusal{
			Because: Taken, Detail: "The name " + r.Spec.Name + " is held by another address, and is not known to be down.",
			Hint: "Choose another name, or show the owner's token; a name whose app is UNHEALTHY may be taken over.",
		}
	}
	return TakenOver, nil
}

// Passed returns the registration in the hands of a caller that may sign its name
// up. Who holds the owner's token of what an address signed up brings it to its
// own address; what a token signed up stays that token's.
func (r *Registration) Passed(to Caller) Registration {
	next := *r
	if owner := to.Identity(); to.Token != "" || owner != "" && r.Key().token == "" {
		next.Owner = owner
	}
	if to.Addr.IsValid() {
		next.Addr = to.Addr.Unmap()
	}
	return next
}

// Same reports whether two registrations define the same check.
func (r *Registration) Same(o *Registration) bool {
	return reflect.DeepEqual(r.Spec, o.Spec) && r.Email == o.Email && r.DefaultAlerts == o.DefaultAlerts
}
