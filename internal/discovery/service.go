package discovery

// A Service is something to announce.
type Service struct {
	// Instance is the name that people see, UTF-8 text of at most 63 bytes
	// without control characters; dots and blanks are allowed (RFC 6763, 4.1.1).
	// Where somebody has the name already, " (2)" or the like is added to it.
	Instance string
	// Type is the protocol and transport, such as "_http._tcp".
	Type string
	// Port is where the service listens.
	Port uint16
	// Text says more about the service, under keys of printable ASCII without
	// "=" (RFC 6763, 6.4).
	Text map[string]string
}
