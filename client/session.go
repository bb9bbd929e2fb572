package client

// A session is what an app has with a server: at first nothing.
type session struct {
	base     Server // without the owner's token
	instance string // as it was announced, where it was found
	signed   bool   // it took the registration
	secret   string // the owner's token; empty: there is none, or it is not valid any more
	owner    string // who the server says it is; empty: not asked yet
	receipt  *Receipt
}

// shown returns the server with the owner's token, where there is one.
func (s session) shown() Server {
	server := s.base
	if s.secret != "" {
		server.Token = s.secret
	}
	return server
}

// with returns the session for a candidate. The owner's token stays with the server
// that gave it: who takes over its name on the network does not see it.
func (s session) with(c candidate) session {
	if s.base.URL != c.server.URL {
		s.secret = ""
		s.signed = s.signed && s.instance != "" && s.instance == c.instance
	}
	if !s.signed {
		s.owner = ""
	}
	s.base, s.instance = c.server, c.instance
	return s
}
