// Package discovery lets programs find each other on the local network by
// multicast DNS (RFC 6762) and DNS-based service discovery (RFC 6763).
//
// A [Responder] announces services and answers for them; [Browse] tells which
// services of a type there are, and when they change or go. Both follow the
// interfaces of the machine as these come and go, over IPv4 and IPv6, beside
// whatever else speaks multicast DNS here, such as Avahi.
//
// What others announce is hearsay: anyone on the link may claim anything. Names
// and texts that are found are foreign text, to be escaped wherever they are
// shown, and an address that was found proves nothing about who is behind it.
//
// The package speaks the wire format itself. The names of service instances are
// text in which dots are allowed, and golang.org/x/net/dns/dnsmessage refuses
// such a name together with the packet that holds it. The tests check one
// against the other.
package discovery
