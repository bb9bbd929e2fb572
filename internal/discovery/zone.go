package discovery

import "slices"

// A zone is what a presence may tell at the moment, and which names it claims.
type zone struct {
	records []record
	byKey   map[key]record
	answers map[name][]record  // by folded name
	byName  map[name]*standing // folded; of claims that are not held, too
}

// zone returns what may be told on the link.
func (p *presence) zone() *zone {
	if p.current != nil {
		return p.current
	}
	z := &zone{byKey: map[key]record{}, answers: map[name][]record{}, byName: map[name]*standing{}}
	for _, s := range p.standings {
		z.byName[s.claim.name().fold()] = s
		if p.live(s) {
			z.records = append(z.records, p.records(s)...)
		}
	}
	z.records = without(z.records, nil)
	for _, rec := range z.records {
		k := rec.key()
		z.byKey[k] = rec
		z.answers[k.name] = append(z.answers[k.name], rec)
	}
	p.current = z
	return z
}

// refresh must follow every change to names, addresses or standings. What
// waited to be told is not, since it may not be so any more.
func (p *presence) refresh() {
	p.current = nil
	p.waiting = nil
	clear(p.pending)
}

// without returns the records that are not among others, each once.
func without(records, others []record) []record {
	seen := map[key]bool{}
	for _, rec := range others {
		seen[rec.key()] = true
	}
	var left []record
	for _, rec := range records {
		if k := rec.key(); !seen[k] {
			seen[k] = true
			left = append(left, rec)
		}
	}
	return left
}

// find returns the records that answer a question.
func (z *zone) find(q question) []record {
	var found []record
	for _, rec := range z.answers[q.name.fold()] {
		if q.typ == rec.typ || q.typ == typeANY {
			found = append(found, rec)
		}
	}
	return found
}

// company returns what who gets records will ask for next: where the service is
// that a pointer leads to, its text, and the addresses of the host, all of them
// (RFC 6762, 6.2; RFC 6763, 12).
func (p *presence) company(records []record) []record {
	var company []record
	z := p.zone()
	for _, rec := range records {
		switch rec.typ {
		case typePTR:
			company = append(company, z.find(question{name: name(rec.data), typ: typeSRV})...)
			company = append(company, z.find(question{name: name(rec.data), typ: typeTXT})...)
		case typeA, typeAAAA:
			company = append(company, p.addresses()...)
		}
	}
	if slices.ContainsFunc(slices.Concat(records, company), func(rec record) bool { return rec.typ == typeSRV }) {
		company = append(company, p.addresses()...)
	}
	return without(company, records)
}

// addresses returns the records of the host, with one that says which family it
// lacks, if it does.
func (p *presence) addresses() []record {
	if !p.host.held {
		return nil
	}
	all := p.records(p.host)
	if types := p.types(p.host); len(types) < 2 {
		all = append(all, absence(p.host.claim.name(), types...))
	}
	return all
}
