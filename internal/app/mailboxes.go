package app

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
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

	mu     sync.Mutex
	boxes  map[string]mailbox // by the name of the registration
	shared map[string]int     // how many registrations have a route
}

// A mailbox is whom a registration wants to have mailed.
type mailbox struct{ address, route string }

func newMailboxes() *mailboxes {
	return &mailboxes{changed: make(chan struct{}, 1), boxes: map[string]mailbox{}, shared: map[string]int{}}
}

// mailboxPrefix begins the names of these routes.
const mailboxPrefix = "mailbox-"

// mailboxRoute names the route of an address, however it is written: whoever writes
// it in capitals means the same mailbox. Names are shown to readers, and the
// address is nobody's business.
func mailboxRoute(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return mailboxPrefix + hex.EncodeToString(sum[:6])
}

// room reports whether a registration may have an address mailed, instead of the
// one that it has.
func (m *mailboxes) room(r registration.Registration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	has, others := m.boxes[r.Spec.Name], len(m.shared)
	if m.shared[has.route] == 1 {
		others--
	}
	route := mailboxRoute(r.Email)
	return route == has.route || m.shared[route] > 0 || others < maxMailboxes
}

// put has a registration's address mailed; an empty one has none. The route of an
// address that no registration has any more is closed.
func (m *mailboxes) put(name, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	has := m.boxes[name]
	if has.address == address {
		return
	}
	delete(m.boxes, name)
	if m.shared[has.route]--; m.shared[has.route] <= 0 {
		delete(m.shared, has.route)
	}
	if address != "" {
		box := mailbox{address, mailboxRoute(address)}
		m.boxes[name] = box
		m.shared[box.route]++
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
	addresses := map[string]string{} // by route
	for _, box := range m.boxes {
		if has, ok := addresses[box.route]; !ok || box.address < has { // always the same of several spellings: a route that is another begins anew
			addresses[box.route] = box.address
		}
	}
	all := slices.Clone(c.Alerts)
	for _, route := range slices.Sorted(maps.Keys(addresses)) {
		all = append(all, &config.Alert{
			Name: route, Soft: true, Recovery: true,
			Email: config.Email{To: []string{addresses[route]}, From: c.SMTP.From, SMTP: c.SMTP.URL, Password: c.SMTP.Password},
		})
	}
	return all
}
