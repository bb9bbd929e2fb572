package registration

import "net/netip"

// A Caller is who asks, as far as it is known.
type Caller struct {
	Addr  netip.Addr // whence; invalid when a proxy asks for somebody
	Local bool       // from this machine
	Token string     // the name of the token that was shown; empty: none
	Admin bool       // and it is of the scope admin
	// Owns is the name of the registration whose owner's token was shown.
	Owns string
	// Compat is set when the caller knows no tokens: its address is its authority.
	Compat bool
}

// The forms of an identity.
const (
	tokenIdentity   = "token "
	addressIdentity = "address "
	localIdentity   = "this machine"
)

// Identity is who a caller is to registrations: "token NAME", else "this
// machine", else "address 192.0.2.7"; empty when nobody knows. An owner's token
// is no identity: it is a key to one registration, whoever holds it.
func (c Caller) Identity() string {
	switch {
	case c.Token != "":
		return tokenIdentity + c.Token
	case c.Local:
		return localIdentity
	case c.Addr.IsValid():
		return addressIdentity + c.Addr.Unmap().String()
	}
	return ""
}

// Known reports whether the caller has an identity.
func (c Caller) Known() bool { return c.Token != "" || c.Local || c.Addr.IsValid() }

// By is who did something, for people: the name of a token as it stands, for
// that is how tokens are named elsewhere.
func (c Caller) By() string {
	switch identity := c.Identity(); {
	case c.Token != "":
		return c.Token
	case identity == "":
		return "owner of " + c.Owns
	default:
		return identity
	}
}
