package config

import (
	"slices"

	"github.com/portreeve/portreeve/internal/health"
)

// maxChecks is how many checks there can be: more than one machine can ask.
const maxChecks = 100_000

// judgeChecks makes checks of the drafts, and tells what is wrong with them.
// Too many are one mistake, and none of them is looked at.
func (l *loading) judgeChecks() {
	if len(l.drafts) > maxChecks {
		l.add(l.drafts[maxChecks].at, "", "too many checks: 100,000 are the most")
		l.drafts = nil
	}
	drafts := l.distinct()
	for _, d := range drafts {
		spec := d.spec.WithDefaults(l.config.Profile())
		l.judge(d, &spec)
		l.config.Checks = append(l.config.Checks, &spec)
		l.config.history = append(l.config.history, checkOrigin{d.at, slices.Clip(d.given)})
	}
	l.judgeParents(drafts)
}

// distinct returns the drafts, each name once. Of two with one name in
// different sources the higher source's counts, in the place of the other.
func (l *loading) distinct() []*draft {
	var all []*draft
	places := map[string]int{}
	for _, d := range l.drafts {
		i, taken := places[d.spec.Name]
		switch {
		case d.spec.Name == "" || !taken:
			places[d.spec.Name] = len(all)
			all = append(all, d)
		case all[i].at.Source != d.at.Source:
			all[i] = d
		case d.at.Source == FromFile:
			l.add(d.field("name"), "names are unique: choose another", "%s is there already, on line %d", d.about(), all[i].at.Line)
		default:
			l.add(d.at, "name each target once", "%s is given twice", d.about())
		}
	}
	return all
}

// judge tells what is wrong with one check, once per field.
func (l *loading) judge(d *draft, spec *health.Spec) {
	l.demand(d, "name", "give it one, as in name: shop-api")
	l.demand(d, "target", "say whom to ask, as in target: tcp://db.example.org:5432")
	l.fields(d, spec.Validate())
	if _, err := health.ParseTarget(spec.Target); err == nil && l.sources.Check != nil {
		l.fields(d, l.sources.Check(spec))
	}
}

// demand adds a mistake when a check that was written out lacks a field.
func (l *loading) demand(d *draft, name, hint string) {
	given := slices.ContainsFunc(d.given, func(f fieldOrigin) bool { return f.name == name })
	if !d.bare && !given {
		l.add(d.at, hint, "%s has no %s", d.about(), name)
		d.tell(name)
	}
}

// fields adds what is wrong with fields, at their places.
func (l *loading) fields(d *draft, errs []health.FieldError) {
	for _, e := range errs {
		switch e.Field {
		case expect:
			e.Reason, e.Hint = withoutTextsOf(d.spec.Expect, e.Reason), withoutTextsOf(d.spec.Expect, e.Hint)
		case "target":
			e.Reason = withoutTail(d.spec.Target, e.Reason)
		}
		if !d.wrong[e.Field] {
			l.add(d.field(e.Field), e.Hint, "%s: %s: %s", d.about(), e.Field, e.Reason)
			d.tell(e.Field)
		}
	}
}

// tell remembers that a mistake of a field is told.
func (d *draft) tell(field string) {
	if d.wrong == nil {
		d.wrong = map[string]bool{}
	}
	d.wrong[field] = true
	if field == "interval" { // nor is it worth telling what is compared with it
		d.wrong["timeout"], d.wrong["retry_interval"] = true, true
	}
}

// judgeParents tells of parents that there are not, and of checks that are
// their own ancestors.
func (l *loading) judgeParents(drafts []*draft) {
	byName := map[string]*draft{}
	var names []string
	for _, d := range drafts {
		byName[d.spec.Name] = d
		names = append(names, d.spec.Name)
	}
	for _, d := range drafts {
		for _, parent := range d.named {
			if byName[parent.text] == nil && !l.full() {
				l.add(parent.at, l.likely(parent.text, names), "%s: parents: there is no check %s", d.about(), quoted(parent.text))
			}
		}
	}
	done := map[*draft]bool{}
	for _, d := range drafts {
		if len(d.spec.Parents) > 0 && !slices.Contains(d.spec.Parents, d.spec.Name) && loops(d, byName, map[*draft]bool{}, done) {
			l.add(d.field("parents"), "take one of the parents out", "%s: parents: it is among its own ancestors", d.about())
			return
		}
	}
}

// likely guesses which name was meant, unless nobody reads the guess.
func (l *loading) likely(word string, names []string) string {
	if l.full() {
		return ""
	}
	if near, ok := nearest(word, names); ok {
		return "did you mean " + near + "?"
	}
	return "parents are names of checks"
}

// loops reports whether the ancestors of a check lead back to one of those on
// the way to it. What is done has been looked at from elsewhere.
func loops(d *draft, byName map[string]*draft, way, done map[*draft]bool) bool {
	if way[d] {
		return true
	}
	if done[d] {
		return false
	}
	way[d] = true
	defer delete(way, d)
	for _, parent := range d.spec.Parents {
		if p := byName[parent]; p != nil && p != d && loops(p, byName, way, done) {
			return true
		}
	}
	done[d] = true
	return false
}
