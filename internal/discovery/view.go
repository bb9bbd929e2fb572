package discovery

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// A view is what is known of one interface.
type view struct {
	name    string
	links   []*link // its families
	cache   *cache
	sights  map[name]*sight // by instance, folded
	asking  map[set]*asking
	quota   quota // of questions
	crowded bool  // it was logged that some are left out

	looked time.Time // when it was last looked through
	next   time.Time // when to do so again
}

func newView(l *link, domain name) *view {
	return &view{name: l.name, cache: newCache(domain), sights: map[name]*sight{}, quota: quota{perSecond: maxQuestions}}
}

// lookEvery is how often a view may be looked through: so what comes in several
// packets becomes one change, and a flood of packets costs little.
const lookEvery = 50 * time.Millisecond

// changed has the view looked through soon.
func (v *view) changed() { v.next = earlier(v.next, v.looked.Add(lookEvery)) }

// A sight is a service that is known, told of or not.
type sight struct {
	told *Found    // nil: not told of
	wait time.Time // until when its text is waited for
}

// textPatience is how long the text of a service is waited for whose place is
// known: it must have one, if an empty one (RFC 6763, 6.1).
const textPatience = time.Second

// news compares what is known with what was told, and returns what there is to
// tell.
func (v *view) news(serviceType string, now time.Time) []Found {
	var news []Found
	seen := map[*sight]bool{}
	for _, instance := range v.cache.instances() {
		s := v.sights[instance.fold()]
		if s == nil {
			s = &sight{}
			v.sights[instance.fold()] = s
		}
		seen[s] = true
		f, located, texted := v.describe(instance)
		f.Type = serviceType
		if !located {
			news = append(news, s.lose()...)
			continue
		}
		news = append(news, s.see(f, texted, now)...)
		if s.told == nil {
			v.next = earlier(v.next, s.wait)
		}
	}
	for id, s := range v.sights {
		if !seen[s] {
			news = append(news, s.lose()...)
			delete(v.sights, id)
		}
	}
	return news
}

// see takes what is known of a service that can be reached, and returns what
// there is to tell of it.
func (s *sight) see(f Found, texted bool, now time.Time) []Found {
	switch {
	case !texted && s.told != nil:
		f.Text = s.told.Text
	case !texted && s.wait.IsZero():
		s.wait = now.Add(textPatience)
		return nil
	case !texted && s.wait.After(now):
		return nil
	}
	if s.told != nil && s.told.equal(f) {
		return nil
	}
	s.told = &f
	return []Found{f.clone()}
}

// lose forgets what was told, and returns that it is gone.
func (s *sight) lose() []Found {
	told := s.told
	s.told, s.wait = nil, time.Time{}
	if told == nil {
		return nil
	}
	told.Gone = true
	return []Found{*told}
}

// describe says what is known of a service, whether it is enough to reach it,
// and whether its text is known, too.
func (v *view) describe(instance name) (f Found, located, texted bool) {
	f.Instance, _ = instance.first()
	f.Interface = v.name
	places := v.cache.valid(set{instance.fold(), typeSRV})
	if len(places) == 0 {
		return f, false, false
	}
	host, port := places[0].place()
	f.Host, f.Port = host.String(), port
	for _, typ := range []uint16{typeA, typeAAAA} {
		for _, h := range v.cache.valid(set{host.fold(), typ}) {
			f.Addrs = append(f.Addrs, v.zoned(h.addr()))
		}
	}
	slices.SortFunc(f.Addrs, preferred)
	if texts := v.cache.valid(set{instance.fold(), typeTXT}); len(texts) > 0 {
		f.Text, texted = unpackText(texts[0].data), true
	}
	return f, len(f.Addrs) > 0, texted
}

// zoned says on which interface an address is good, where it needs that.
func (v *view) zoned(a netip.Addr) netip.Addr {
	if a.Is6() && a.IsLinkLocalUnicast() {
		return a.WithZone(v.name)
	}
	return a
}

func (f *Found) equal(g Found) bool {
	return f.Instance == g.Instance && f.Host == g.Host && f.Port == g.Port &&
		slices.Equal(f.Addrs, g.Addrs) && maps.Equal(f.Text, g.Text)
}

// clone returns a copy that its owner may change.
func (f Found) clone() Found {
	f.Addrs, f.Text = slices.Clone(f.Addrs), maps.Clone(f.Text)
	return f
}

// preferred orders addresses, the best first.
func preferred(a, b netip.Addr) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Compare(b))
}

// rank is lower for better addresses.
func rank(a netip.Addr) int {
	switch {
	case a.IsLinkLocalUnicast() && a.Is6():
		return 3
	case a.IsLinkLocalUnicast():
		return 2
	case a.Is6():
		return 1
	}
	return 0
}
