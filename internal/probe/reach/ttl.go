package reach

import (
	"net"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// mostFresh bounds the time for which an answer is not asked for again,
	// whatever its time to live says.
	mostFresh = 5 * time.Minute
	// mostFreshFact is that of the answer that there is no such name.
	mostFreshFact = 30 * time.Second
	// freshFile is for how long package net believes in /etc/hosts without
	// looking at it again, so more often need not be asked either.
	freshFile = 5 * time.Second
)

// A watched is the connection to a name server, on which the times to live are
// read that package net does not hand on.
type watched struct {
	*net.UDPConn
	question *question
}

// Read implements net.Conn.
func (w watched) Read(b []byte) (int, error) {
	n, err := w.UDPConn.Read(b)
	if err == nil {
		w.question.lives(timeToLive(b[:n]))
	}
	return n, err
}

// timeToLive returns how long a DNS message may be believed: the shortest time
// to live of its answers, and for one that says that there are none the
// negative one of RFC 2308, section 5. It is 0 for what cannot be read.
func timeToLive(message []byte) time.Duration {
	var p dnsmessage.Parser
	if _, err := p.Start(message); err != nil || p.SkipAllQuestions() != nil {
		return 0
	}
	shortest := time.Duration(-1)
	for {
		h, err := p.AnswerHeader()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil || p.SkipAnswer() != nil {
			return 0
		}
		if ttl := seconds(h.TTL); shortest < 0 || ttl < shortest {
			shortest = ttl
		}
	}
	if negative := negativeTimeToLive(&p); shortest < 0 || negative > 0 && negative < shortest {
		return negative
	}
	return shortest
}

// negativeTimeToLive reads the SOA record of a message that is parsed up to its
// authorities; 0 if it has none.
func negativeTimeToLive(p *dnsmessage.Parser) time.Duration {
	for {
		h, err := p.AuthorityHeader()
		if err != nil {
			return 0
		}
		if h.Type != dnsmessage.TypeSOA {
			if p.SkipAuthority() != nil {
				return 0
			}
			continue
		}
		soa, err := p.SOAResource()
		if err != nil {
			return 0
		}
		return seconds(min(h.TTL, soa.MinTTL))
	}
}

// seconds reads a time to live. One with the highest bit set is none: RFC 2181,
// section 8.
func seconds(n uint32) time.Duration {
	if n > 1<<31-1 {
		return 0
	}
	return time.Duration(n) * time.Second
}
