package client

// maxTried is how many candidates are asked in one round.
const maxTried = 8

// choices returns whom to ask in a round: who is signed up asks its own server,
// wherever that is, and others only if it has not answered for long. Each failure
// begins with the next, so that nobody can stand in the way for ever.
func (a *App) choices(s session, failures int, elsewhere bool) []candidate {
	all := a.options.finder.candidates(a.found)
	if len(all) == 0 || a.options.finder.named != nil {
		return all
	}
	turn := failures % len(all)
	all = append(all[turn:len(all):len(all)], all[:turn]...)
	if s.signed {
		own, others := s.known(all)
		if all = own; elsewhere {
			all = append(own, others...)
		}
	}
	return all[:min(len(all), maxTried)]
}

// known parts the session's own server from others. It is asked where it was, and
// where it is announced now: there first, once it is not announced any more where
// it was.
func (s session) known(all []candidate) (own, others []candidate) {
	was := candidate{s.instance, s.base}
	still := s.instance == ""
	for _, c := range all {
		switch {
		case c.server.URL == s.base.URL:
			still = true
		case s.instance != "" && c.instance == s.instance:
			own = append(own, c)
		default:
			others = append(others, c)
		}
	}
	if still || len(own) == 0 {
		return append([]candidate{was}, own...), others
	}
	return append(own, was), others
}
