package probe

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// hidden stands for what is not shown.
const hidden = "…"

// maxSeen is how many bytes of a text are looked at: many times what is kept.
const maxSeen = 4 << 10

// A span is a part of a text, from one byte to before another.
type span struct{ from, to int }

// Hide leaves out of a text what is secret, however it is escaped: our own
// secrets, and those that URLs hold.
func (s secrets) Hide(text string) string {
	if len(text) < minSecret {
		return text
	}
	var found []span
	if len(text) > maxSeen {
		// The last bytes may be the beginning of a secret.
		text = text[:maxSeen]
		found = append(found, span{maxSeen - maxSeen/8, maxSeen})
	}
	for v, ok := plain(text), true; ok; v, ok = v.unescaped() {
		hit := func(from, to int) { found = append(found, span{v.offset(from), v.offset(to)}) }
		s.find(v.text, hit)
		findUsers(v.text, hit)
		findParameters(v.text, hit)
	}
	if len(found) == 0 {
		return text
	}
	return without(text, found)
}

// find calls hit with every part of a text that a secret has, too.
func (s secrets) find(text string, hit func(from, to int)) {
	if len(s) == 0 {
		return
	}
	text = folded(text)
	for _, secret := range s {
		findSecret(text, secret, hit)
	}
}

// findSecret finds what a text and a secret have in common, if that is enough
// to call it told. Any such run spans one of the blocks of half that size that
// the secret is made of: these are searched for. A secret that repeats itself
// is searched for once, so that a text that does, too, costs little.
func findSecret(text, secret string, hit func(from, to int)) {
	enough := enough(secret)
	if len(text) < enough {
		return
	}
	block := enough
	if enough < len(secret) {
		block = enough / 2
	}
	var seen map[string]bool // blocks that were found, with what is around them
	for at := 0; at+block <= len(secret); at += block {
		if !strings.Contains(text, secret[at:at+block]) {
			continue
		}
		start := max(0, at-enough)
		around := secret[start:min(len(secret), at+block+enough)]
		if seen[around] {
			continue
		}
		if seen == nil {
			seen = map[string]bool{}
		}
		seen[around] = true
		findBlock(text, around, at-start, block, enough, hit)
	}
}

// findBlock finds a block of a secret in a text, with as much of what is around
// it as is there, too.
func findBlock(text, around string, at, block, enough int, hit func(from, to int)) {
	for from := 0; ; from++ {
		i := strings.Index(text[from:], around[at:at+block])
		if i < 0 {
			return
		}
		from += i
		before := commonSuffix(text[:from], around[:at])
		after := commonPrefix(text[from:], around[at:])
		if before+after >= enough {
			hit(from-before, from+after)
		}
	}
}

// enough returns how many bytes in a row of a secret must not be shown: all of
// a short one, half of others, and never more than 64.
func enough(secret string) int {
	return min(len(secret), max(minPart, min(len(secret)/2, 64)))
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// without returns a text with spans of it hidden, in whole characters.
func without(text string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0 // so far the text is written or hidden
	for _, s := range spans {
		for s.from > done && s.from < len(text) && !utf8.RuneStart(text[s.from]) {
			s.from--
		}
		for s.to < len(text) && !utf8.RuneStart(text[s.to]) {
			s.to++
		}
		if s.to <= done || s.to <= s.from {
			continue
		}
		if s.from > done || done == 0 {
			b.WriteString(text[done:max(s.from, done)])
			b.WriteString(hidden)
		}
		done = s.to
	}
	return b.String() + text[done:]
}
