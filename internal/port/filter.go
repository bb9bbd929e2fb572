package port

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A Filter picks rows. It is a conjunction of terms separated by blanks:
//
//	port:3000-3010,8080  proto:udp  scope:all,public  state:problem
//	process:node  service:shop  user:deploy  unit:ssh  container:web
//	pid:811  addr:10.0.0.0/8  family:ipv6  netns:other  nginx  -user:root
//
// Commas mean or, a leading minus means not, a bare word matches anywhere in
// a row's names, addresses and port. Names match by part and ignore case. The
// zero Filter picks every row.
type Filter struct {
	text  string
	terms []term
}

type term struct {
	not   bool
	match func(*Listener) bool
}

// A FilterError names the term of a filter that is wrong.
type FilterError struct {
	Term   string
	Reason string
	Advice string
}

func (e *FilterError) Error() string { return fmt.Sprintf("filter %q: %s", e.Term, e.Reason) }

// Hint returns what to write instead.
func (e *FilterError) Hint() string { return e.Advice }

// Bounds of a filter: each term is tried on every row, for whoever asks.
const (
	maxTerms  = 16
	maxValues = 64
)

// ParseFilter reads a filter. The error is a *FilterError.
func ParseFilter(text string) (Filter, error) {
	f := Filter{text: strings.Join(strings.Fields(text), " ")}
	if n := len(strings.Fields(text)); n > maxTerms || strings.Count(text, ",") > maxValues {
		return Filter{}, &FilterError{Term: f.text[:min(len(f.text), 20)] + "…", Reason: "too long", Advice: fmt.Sprintf("at most %d terms and %d values", maxTerms, maxValues)}
	}
	for _, word := range strings.Fields(text) {
		body, not := strings.CutPrefix(word, "-")
		match, err := parseTerm(body)
		if err != nil {
			err.Term = word
			return Filter{}, err
		}
		f.terms = append(f.terms, term{not, match})
	}
	return f, nil
}

// String returns the filter as it was written, blanks tidied.
func (f Filter) String() string { return f.text }

// Match reports whether f picks l.
func (f Filter) Match(l *Listener) bool {
	for _, t := range f.terms {
		if t.match(l) == t.not {
			return false
		}
	}
	return true
}

// Select returns the rows that f picks, in their order.
func (f Filter) Select(rows []Listener) []Listener {
	if len(f.terms) == 0 {
		return rows
	}
	var out []Listener
	for i := range rows {
		if f.Match(&rows[i]) {
			out = append(out, rows[i])
		}
	}
	return out
}

func parseTerm(word string) (func(*Listener) bool, *FilterError) {
	key, values, found := strings.Cut(word, ":")
	if !found || netAddress(word) {
		return bareWord(word), nil
	}
	all := fields()
	i := slices.IndexFunc(all, func(f field) bool { return f.key == strings.ToLower(key) })
	if i < 0 {
		return nil, unknownKey(key, all)
	}
	var any []func(*Listener) bool
	for _, v := range strings.Split(values, ",") {
		if v == "" {
			return nil, &FilterError{Reason: "no value after " + key + ":", Advice: "write a value, as in " + example(key)}
		}
		match, err := all[i].parse(v)
		if err != nil {
			return nil, err
		}
		any = append(any, match)
	}
	return func(l *Listener) bool {
		return slices.ContainsFunc(any, func(match func(*Listener) bool) bool { return match(l) })
	}, nil
}

func unknownKey(key string, all []field) *FilterError {
	keys := make([]string, len(all))
	for i, f := range all {
		keys[i] = f.key
	}
	e := &FilterError{Reason: fmt.Sprintf("unknown key %q", key), Advice: "keys are " + strings.Join(keys, ", ")}
	if near, ok := Nearest(key, keys); ok {
		e.Advice = fmt.Sprintf("did you mean %s:?", near)
	}
	return e
}

func example(key string) string {
	switch key {
	case "port":
		return "port:3000-3010"
	case "scope":
		return "scope:all"
	case "state":
		return "state:problem"
	}
	return key + ":…"
}

func bareWord(word string) func(*Listener) bool {
	word = strings.ToLower(word)
	return func(l *Listener) bool {
		return anyHas(processNames(l), word) || anyHas(l.names(), word)
	}
}

// names returns what a bare word may match besides the process.
func (l *Listener) names() []string {
	names := []string{strconv.Itoa(int(l.Port)), string(l.Proto), string(l.Service.Name), string(l.Owner.User), string(l.Owner.Unit), string(l.Owner.Container)}
	for _, b := range l.Binds {
		names = append(names, netip.AddrPortFrom(b.Addr, l.Port).String())
	}
	return names
}

func processNames(l *Listener) []string {
	p := l.Owner.Leader
	if p == nil {
		return nil
	}
	return []string{string(p.Name), string(p.Exe), string(p.Script)}
}

func anyHas(names []string, word string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(strings.ToLower(n), word) })
}

func namespace(l *Listener) string {
	if l.Foreign {
		return "other"
	}
	return "own"
}

// netAddress reports whether a word with a colon is an address to look for.
func netAddress(word string) bool {
	if _, err := netip.ParseAddrPort(word); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(word, "[]"))
	return err == nil
}
