package mail

import (
	"net/mail"
	"slices"
	"time"
)

// maxOpen bounds the mails of which a ledger knows that some have them.
const maxOpen = 256

// A ledger knows which recipients have a mail that others are still to get, so
// that nobody is mailed twice while the process lives. The zero ledger is
// ready to use.
type ledger struct {
	open  map[string]*entry // by the notice's key
	order []string
}

// An entry is a mail that some of its recipients have.
type entry struct {
	since time.Time // when the first of them got it
	done  map[string]bool
}

// left returns who is still to get a mail.
func (l *ledger) left(key string, all []*mail.Address) []*mail.Address {
	e := l.open[key]
	if e == nil {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(a *mail.Address) bool { return e.done[a.Address] })
}

// done notes that these need the mail no more, and since when some have it.
func (l *ledger) done(key string, who []*mail.Address) time.Time {
	e := l.open[key]
	if e == nil {
		e = &entry{since: time.Now(), done: map[string]bool{}}
		l.add(key, e)
	}
	for _, a := range who {
		e.done[a.Address] = true
	}
	return e.since
}

// since returns since when some have a mail; zero: nobody has it.
func (l *ledger) since(key string) time.Time {
	if e := l.open[key]; e != nil {
		return e.since
	}
	return time.Time{}
}

func (l *ledger) add(key string, e *entry) {
	if l.open == nil {
		l.open = map[string]*entry{}
	}
	if len(l.order) >= maxOpen {
		l.forget(l.order[0])
	}
	l.open[key], l.order = e, append(l.order, key)
}

// forget closes a mail that all have whom it can reach.
func (l *ledger) forget(key string) {
	if _, open := l.open[key]; open {
		delete(l.open, key)
		l.order = slices.DeleteFunc(l.order, func(k string) bool { return k == key })
	}
}
