package discovery

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// A set is all records of one name and type.
type set struct {
	name name // folded
	typ  uint16
}

// The bounds of a cache.
const (
	maxInstances = 256       // of the type that is browsed
	maxSet       = 16        // other records of one name and type
	maxBytes     = 512 << 10 // of it all
)

// A cache holds what was heard on an interface of the services of one type, and
// nothing else: which there are, where they are, and the addresses of their
// hosts.
type cache struct {
	domain set // of the pointers to the services
	sets   map[set]map[string]*held
	hosts  map[name]bool // whose addresses are wanted, folded
	bytes  int
	full   bool // something was left out
}

// A held is a record in a cache.
type held struct {
	record
	heard   time.Time
	expires time.Time
	again   time.Time // when to ask for it again
	asked   int       // how often that was done
	doomed  bool      // it was revoked, and is about to expire
}

func newCache(domain name) *cache {
	return &cache{domain: set{domain.fold(), typePTR}, sets: map[set]map[string]*held{}, hosts: map[name]bool{}}
}

// learn takes records out of one message, and reports whether anything is known
// now that was not. A pointer makes wanted what it leads to, and a place the
// addresses of its host: so they are read in this order.
func (c *cache) learn(records []record, now time.Time) bool {
	changed := false
	for _, types := range [][]uint16{{typePTR}, {typeSRV, typeTXT}, {typeA, typeAAAA}} {
		news := false
		for _, rec := range records {
			if slices.Contains(types, rec.typ) && c.wants(rec) && c.put(rec, now) {
				news = true
			}
		}
		if news && types[0] == typeSRV {
			c.survey()
		}
		changed = changed || news
	}
	return changed
}

// wants tells whether a record is about a service of the type.
func (c *cache) wants(rec record) bool {
	switch rec.typ {
	case typePTR:
		_, parent := name(rec.data).first()
		return rec.name.fold() == c.domain.name && parent.fold() == c.domain.name
	case typeSRV, typeTXT:
		return c.sets[c.domain][lower(string(rec.name))] != nil
	}
	return c.hosts[rec.name.fold()]
}

// put takes a record, or takes note that it is revoked. It reports whether that
// is news.
func (c *cache) put(rec record, now time.Time) bool {
	id, data := set{rec.name.fold(), rec.typ}, foldData(rec.typ, rec.data)
	known := c.sets[id][data]
	revoked := rec.flush && c.revoke(id, data, now)
	switch {
	case rec.ttl == 0:
		return known != nil && known.doom(now) || revoked
	case known == nil && !c.room(id, rec):
		c.full = true
		return revoked
	case known == nil:
		if c.sets[id] == nil {
			c.sets[id] = map[string]*held{}
		}
		c.sets[id][data] = hold(rec, now)
		c.bytes += rec.size()
		return true
	}
	news := known.doomed || revoked
	rec.name, rec.data = known.name, known.data // whose size was counted
	*known = *hold(rec, now)
	return news
}

// revoke dooms the other records of a set, unless they came within the same
// second: an announcement may be several packets (RFC 6762, 10.2).
func (c *cache) revoke(id set, except string, now time.Time) bool {
	news := false
	for data, h := range c.sets[id] {
		if data != except && now.Sub(h.heard) > time.Second && h.doom(now) {
			news = true
		}
	}
	return news
}

// doom has a record expire in a second, in which others who have it may say so.
func (h *held) doom(now time.Time) bool {
	if h.doomed {
		return false
	}
	h.doomed = true
	h.expires = now.Add(time.Second)
	h.again = h.expires
	return true
}

// hold returns a record as it is held from a moment on.
func hold(rec record, now time.Time) *held {
	h := &held{record: rec, heard: now, expires: rec.expiry(now)}
	h.schedule()
	return h
}

// A record is asked for again at 80, 85, 90 and 95 % of its life, and up to 2 %
// later (RFC 6762, 5.2), unless that is so short that it would make a crowd of
// questions.
const (
	firstAgain, stepAgain, spreadAgain = 80, 5, 2
	maxAgain                           = 4
	shortLife                          = 20 * time.Second
)

// schedule says when to ask again.
func (h *held) schedule() {
	life := h.expires.Sub(h.heard)
	if h.asked == maxAgain || life < shortLife {
		h.again = h.expires
		return
	}
	percent := life / 100
	h.again = h.heard.Add(percent*time.Duration(firstAgain+stepAgain*h.asked) + rand.N(percent*spreadAgain))
}

// size is about what a record takes.
func (r record) size() int {
	const overhead = 256
	return len(r.name) + len(r.data) + overhead
}

// room reports whether one more record may be held. When there are too many
// services, one of those of which nobody knows where they are makes room.
func (c *cache) room(id set, rec record) bool {
	most := maxSet
	if id == c.domain {
		most = maxInstances
		if len(c.sets[id]) >= most {
			c.evict()
		}
	}
	return len(c.sets[id]) < most && c.bytes+rec.size() <= maxBytes
}

// evict drops the service that was heard of first of those without a place.
func (c *cache) evict() {
	var oldest *held
	for instance, h := range c.sets[c.domain] {
		placed := len(c.sets[set{name(instance), typeSRV}]) > 0
		if !placed && (oldest == nil || h.heard.Before(oldest.heard)) {
			oldest = h
		}
	}
	if oldest != nil {
		c.drop(c.domain, foldData(typePTR, oldest.data))
	}
}

func (c *cache) drop(id set, data string) {
	c.bytes -= c.sets[id][data].size()
	delete(c.sets[id], data)
	if len(c.sets[id]) == 0 {
		delete(c.sets, id)
	}
}

// expire drops what is old, and what nothing leads to any more.
func (c *cache) expire(now time.Time) {
	dropped := false
	for id, records := range c.sets {
		for data, h := range records {
			if !h.expires.After(now) {
				c.drop(id, data)
				dropped = true
			}
		}
	}
	if dropped {
		c.survey()
		c.sweep()
	}
}

// survey finds out whose addresses are wanted.
func (c *cache) survey() {
	clear(c.hosts)
	for id, records := range c.sets {
		if id.typ == typeSRV {
			for _, h := range records {
				host, _ := h.place()
				c.hosts[host.fold()] = true
			}
		}
	}
}

// sweep drops what nothing leads to.
func (c *cache) sweep() {
	for id, records := range c.sets {
		for data, h := range records {
			if !c.wants(h.record) {
				c.drop(id, data)
			}
		}
	}
}

// instances returns the names of the services in order.
func (c *cache) instances() []name {
	var names []name
	for _, h := range c.sets[c.domain] {
		names = append(names, name(h.data))
	}
	slices.Sort(names)
	return names
}

// valid returns the records of a set, the newest first: those that were not
// revoked, if there are any.
func (c *cache) valid(id set) []*held {
	var good, doomed []*held
	for _, h := range c.sets[id] {
		if h.doomed {
			doomed = append(doomed, h)
		} else {
			good = append(good, h)
		}
	}
	if len(good) == 0 {
		good = doomed
	}
	slices.SortFunc(good, func(a, b *held) int { return cmp.Or(b.heard.Compare(a.heard), compare(a.record, b.record)) })
	return good
}

// due returns when something expires or is to be asked for again, if that is
// before a moment.
func (c *cache) due(before time.Time) time.Time {
	for _, records := range c.sets {
		for _, h := range records {
			before = earlier(before, earlier(h.expires, h.again))
		}
	}
	return before
}
