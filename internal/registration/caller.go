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
