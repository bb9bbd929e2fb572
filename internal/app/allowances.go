package app

import (
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/notify"
)

// Mails to an address that an app has named: so many at once, for all apps of a
// machine may fail together, then one in so long. Whoever may sign up could
// otherwise have a stranger mailed thousands of times an hour, by apps that come
// and go.
const (
	mailboxBurst = 60
	mailboxEvery = time.Minute
	// maxAllowances bounds how many are remembered of routes that come and go.
	maxAllowances = 4 * maxMailboxes
)

// Allowances are those of the routes that apps have named. They outlive the routes:
// who signs everything off and up again gets no other. The zero allowances are
// ready and safe for concurrent use.
type allowances struct {
	mu sync.Mutex
	of map[string]*notify.Allowance
}

// find returns that of a route, nil for one of the configuration.
func (l *allowances) find(a *config.Alert) *notify.Allowance {
	if !strings.HasPrefix(a.Name, mailboxPrefix) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil || len(l.of) >= maxAllowances && l.of[a.Name] == nil {
		l.of = map[string]*notify.Allowance{}
	}
	if l.of[a.Name] == nil {
		l.of[a.Name] = notify.NewAllowance(mailboxBurst, mailboxEvery)
	}
	return l.of[a.Name]
}
