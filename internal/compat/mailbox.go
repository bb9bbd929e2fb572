package compat

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/registration"
)

// maxAddress bounds an e-mail address, in bytes (RFC 5321, section 4.5.3.1.3,
// without the brackets).
const maxAddress = 254

// plainAddress is an address that means the same wherever it is written: no quoted
// local part, no comment, no address literal, ASCII alone.
var plainAddress = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$")

// mailbox returns the address of one mailbox, which may be written with a name.
func (v *validation) mailbox(text string) string {
	parsed, err := mail.ParseAddress(text)
	if err != nil || len(parsed.Address) > maxAddress || !plainAddress.MatchString(parsed.Address) {
		v.add(fieldEmail, "such as ops@example.org", "%q is not the address of one mailbox", shown(text))
		return ""
	}
	return parsed.Address
}

// How many mailboxes may be named within mailboxMemory: whoever signs up chooses
// whom portreeve mails, and must not be able to have it mail the world.
const (
	mailboxesPerCaller = 3
	mailboxesInAll     = 32
	mailboxMemory      = 24 * time.Hour
	maxMailboxCallers  = 4096
)

// mailboxes remembers who named which mailbox. It is safe for concurrent use, and
// bounded.
type mailboxes struct {
	mu      sync.Mutex
	callers map[registration.Key]map[string]time.Time // when they last named it
	all     map[string]naming
	swept   time.Time
}

// A naming says how many callers have named a mailbox, and when one last did.
type naming struct {
	callers int
	last    time.Time
}

func newMailboxes() *mailboxes {
	return &mailboxes{callers: map[registration.Key]map[string]time.Time{}, all: map[string]naming{}}
}

// takeMailbox notes that a caller names a mailbox, or says why it may not.
// GiveBack forgets it: the app was not signed up. One that the app has already is
// nobody's news.
func (s *server) takeMailbox(by registration.Caller, want registration.Request) (giveBack func(), no *refusal) {
	had, ok := s.Registrar.Registration(want.Name)
	if want.Email == "" || ok && had.OwnedBy(by) && strings.EqualFold(had.Email, want.Email) {
		return func() {}, nil
	}
	now, address := time.Now(), strings.ToLower(want.Email)
	isNew, wait, said := s.mailboxes.take(by.Key(), address, now)
	if said != "" {
		return nil, &refusal{
			status: http.StatusTooManyRequests, detail: "The app is not watched: " + said, header: retryAfter(wait),
			hint: fmt.Sprintf("Use one of the mailboxes that were named before, leave out email so that registration.default_alerts are told, or come back in %v.", wait.Round(time.Second)),
		}
	}
	return func() {
		if isNew {
			s.mailboxes.giveBack(by.Key(), address)
		}
	}, nil
}

// take notes that a caller names a mailbox, and reports whether it is new; or it
// says why there may be no more, and for how long.
func (m *mailboxes) take(key registration.Key, address string, now time.Time) (isNew bool, wait time.Duration, said string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(now)
	mine := m.callers[key]
	_, named := mine[address]
	all, known := m.all[address]
	switch {
	case !named && len(mine) >= mailboxesPerCaller:
		return false, until(maps.Values(mine), now), fmt.Sprintf("one address may name %d mailboxes a day, and yours has.", mailboxesPerCaller)
	case !known && len(m.all) >= mailboxesInAll:
		return false, m.untilAny(now), fmt.Sprintf("all apps together may name %d mailboxes a day, and they have.", mailboxesInAll)
	case mine == nil && len(m.callers) >= maxMailboxCallers:
		return false, sweepEvery, "too many callers have named mailboxes today."
	case mine == nil:
		mine = map[string]time.Time{}
		m.callers[key] = mine
	}
	if !named {
		all.callers++
	}
	mine[address], all.last = now, now
	m.all[address] = all
	return !named, 0, ""
}

// giveBack forgets what take noted.
func (m *mailboxes) giveBack(key registration.Key, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(key, address)
}

// forget forgets that a caller named a mailbox. m.mu is held.
func (m *mailboxes) forget(key registration.Key, address string) {
	mine := m.callers[key]
	if _, named := mine[address]; !named {
		return
	}
	if delete(mine, address); len(mine) == 0 {
		delete(m.callers, key)
	}
	all := m.all[address]
	if all.callers--; all.callers > 0 {
		m.all[address] = all
		return
	}
	delete(m.all, address)
}

// sweepEvery is how often what is old is forgotten.
const sweepEvery = time.Minute

// sweep forgets what was named too long ago. m.mu is held.
func (m *mailboxes) sweep(now time.Time) {
	if now.Sub(m.swept).Abs() < sweepEvery {
		return
	}
	m.swept = now
	for key, mine := range m.callers {
		for address, at := range mine {
			if now.Sub(at) >= mailboxMemory {
				m.forget(key, address)
			}
		}
	}
}

// untilAny returns how long it takes until any mailbox is forgotten. m.mu is held.
func (m *mailboxes) untilAny(now time.Time) time.Duration {
	return until(func(yield func(time.Time) bool) {
		for _, n := range m.all {
			if !yield(n.last) {
				return
			}
		}
	}, now)
}

// until returns how long it takes until what was named at one of these times is
// forgotten.
func until(named iter.Seq[time.Time], now time.Time) time.Duration {
	wait := mailboxMemory
	for at := range named {
		wait = min(wait, mailboxMemory-now.Sub(at)+sweepEvery)
	}
	return max(wait, sweepEvery)
}
