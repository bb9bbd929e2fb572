package app

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/registration"
)

// maxMailboxes is how many addresses apps may have mailed: each is a reader of
// the journal.
const maxMailboxes = 256

// Mailboxes are the addresses that apps want to have mailed, each a route of its
// own beside the configuration's: suspicions too, as the apps that name
// addresses expect. They are safe for concurrent use.
type mailboxes struct {
	changed chan struct{}

	mu    sync.Mutex
	boxes map[string]string // by the name of the registration
}

func newMailboxes() *mailboxes {
	return &mailboxes{changed: make(chan struct{}, 1), boxes: map[string]string{}}
}

// mailboxRoute names the route of an address. Names are shown to readers, and the
// address is nobody's business.
func mailboxRoute(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return "mailbox-" + hex.EncodeToString(sum[:6])
}

// room reports whether a registration may have an address mailed.
func (m *mailboxes) room(r registration.Registration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	others := map[string]bool{}
	for name, address := range m.boxes {
		if name != r.Spec.Name {
			others[mailboxRoute(address)] = true
		}
	}
	return others[mailboxRoute(r.Email)] || len(others) < maxMailboxes
}

// put has a registration's address mailed; an empty one has none.
func (m *mailboxes) put(name, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.boxes[name] == address {
		return
	}
	if m.boxes[name] = address; address == "" {
		delete(m.boxes, name)
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// with returns the configuration's routes and those of all addresses, by the
// relay of the configuration; without one nobody is mailed.
func (m *mailboxes) with(c *config.Config) []*config.Alert {
	if c.SMTP.URL == "" && !c.Test {
		return c.Alerts
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	routes := map[string]*config.Alert{}
	for _, address := range m.boxes {
		name := mailboxRoute(address)
		routes[name] = &config.Alert{
			Name: name, Soft: true, Recovery: true,
			Email: config.Email{To: []string{address}, From: c.SMTP.From, SMTP: c.SMTP.URL, Password: c.SMTP.Password},
		}
	}
	all := slices.Clone(c.Alerts)
	for _, r := range routes {
		all = append(all, r)
	}
	slices.SortStableFunc(all[len(c.Alerts):], func(a, b *config.Alert) int { return strings.Compare(a.Name, b.Name) })
	return all
}
