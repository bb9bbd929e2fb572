package discovery

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A claim is a name that is to be ours alone on every link: that of the host or
// of an instance of a service.
type claim struct {
	base   string // as it was asked for
	number int    // what is added to it; below 2: nothing
	domain name
	isHost bool

	port uint16 // of a service
	text string // data of its TXT record

	told      name        // under which name it was logged
	conflicts []time.Time // the last ones
	slow      bool        // there were too many
}

func (c *claim) name() name { return c.domain.under(c.label()) }

// label returns the name with its number, as RFC 6762, 9, and RFC 6763, appendix
// D, have it. A name that gets too long by it is cut.
func (c *claim) label() string {
	suffix := ""
	switch {
	case c.number < 2:
	case c.isHost:
		suffix = fmt.Sprintf("-%d", c.number)
	default:
		suffix = fmt.Sprintf(" (%d)", c.number)
	}
	return cut(c.base, maxLabel-len(suffix)) + suffix
}

// cut returns as many whole characters of s as fit n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// rename gives the claim another name.
func (c *claim) rename() { c.number = max(2, c.number+1) }

// records returns what is under the name and what leads to it, on a link with
// addresses, on a machine of a name. Those that must be ours alone have flush set.
func (c *claim) records(i iface, host name) []record {
	if c.isHost {
		var records []record
		for _, a := range i.announced() {
			records = append(records, address(host, a))
		}
		return records
	}
	instance := c.name()
	return []record{
		pointer(c.domain, instance),
		location(instance, host, c.port),
		{name: instance, typ: typeTXT, flush: true, ttl: otherTTL, data: c.text},
		pointer(enumeration, c.domain),
	}
}

// Who has met so many conflicts in so long a time waits before each further try
// (RFC 6762, 8.1), until one succeeds.
const (
	manyConflicts  = 15
	conflictsCount = 10 * time.Second
	conflictsPause = 5 * time.Second
)

// clash takes note of a conflict and returns how long to wait before the next try.
func (c *claim) clash(now time.Time) time.Duration {
	c.conflicts = append(c.conflicts, now)
	if len(c.conflicts) < manyConflicts {
		return 0
	}
	c.conflicts = slices.Clone(c.conflicts[len(c.conflicts)-manyConflicts:])
	if c.slow = c.slow || now.Sub(c.conflicts[0]) < conflictsCount; c.slow {
		return conflictsPause
	}
	return 0
}

// claimHost returns the claim to a name for this machine.
func claimHost(host string) (*claim, error) {
	label, _, _ := strings.Cut(host, ".")
	label = strings.Map(func(c rune) rune {
		if !isLetterOrDigit(c) && c != '-' {
			return '-'
		}
		return c
	}, label)
	label = cut(strings.Trim(label, "-"), maxLabel)
	if label == "" {
		return nil, fmt.Errorf("host name %q: no letter or digit in it", host)
	}
	return &claim{base: label, domain: local, isHost: true}, nil
}

// claimService returns the claim to the name of a service.
func claimService(s Service) (*claim, error) {
	domain, err := typeName(s.Type)
	if err != nil {
		return nil, err
	}
	control := func(c rune) bool { return c < ' ' || c == 0x7f }
	if s.Instance == "" || len(s.Instance) > maxLabel || !utf8.ValidString(s.Instance) || strings.ContainsFunc(s.Instance, control) {
		return nil, fmt.Errorf("service instance %q: want 1 to %d bytes of UTF-8 text without control characters", s.Instance, maxLabel)
	}
	if s.Port == 0 {
		return nil, fmt.Errorf("service %q: port 0", s.Instance)
	}
	text, err := packText(s.Text)
	if err != nil {
		return nil, fmt.Errorf("service %q: %w", s.Instance, err)
	}
	return &claim{base: s.Instance, domain: domain, port: s.Port, text: text}, nil
}
