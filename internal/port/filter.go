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

// ParseFilter reads a filter. The error is a *FilterError.
func ParseFilter(text string) (Filter, error) {
	f := Filter{text: strings.Join(strings.Fields(text), " ")}
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

// A field turns one value of a term into a match.
type field struct {
	key   string
	parse func(value string) (func(*Listener) bool, *FilterError)
}

// fields lists the filter's keys. To add one, add a line.
func fields() []field {
	return []field{
		{"port", parsePort},
		{"proto", oneOf("protocol", func(l *Listener) string { return string(l.Proto) }, "tcp", "udp")},
		{"scope", oneOf("scope", func(l *Listener) string { return string(l.Scope) }, "loopback", "link_local", "private", "public", "all")},
		{"state", oneOf("state", func(l *Listener) string { return string(l.State) }, "ok", "unknown", "warning", "problem")},
		{"netns", oneOf("namespace", namespace, "own", "other")},
		{"family", parseFamily},
		{"addr", parseAddr},
		{"pid", parsePID},
		{"process", part(func(l *Listener) []string { return processNames(l) })},
		{"service", part(func(l *Listener) []string { return []string{string(l.Service.Name)} })},
		{"user", part(func(l *Listener) []string { return []string{string(l.Owner.User)} })},
		{"unit", part(func(l *Listener) []string { return []string{string(l.Owner.Unit)} })},
		{"container", part(func(l *Listener) []string { return []string{string(l.Owner.Container)} })},
	}
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

func parsePort(v string) (func(*Listener) bool, *FilterError) {
	low, high, ok := strings.Cut(v, "-")
	if !ok {
		high = low
	}
	lo, err1 := strconv.ParseUint(low, 10, 16)
	hi, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || lo > hi || lo == 0 {
		return nil, &FilterError{Reason: fmt.Sprintf("%q is no port or range of ports", v), Advice: "ports are 1 to 65535, as in port:3000 or port:3000-3010"}
	}
	r := Range{uint16(lo), uint16(hi)}
	return func(l *Listener) bool { return r.Contains(l.Port) }, nil
}

func parsePID(v string) (func(*Listener) bool, *FilterError) {
	pid, err := strconv.Atoi(v)
	if err != nil || pid <= 0 {
		return nil, &FilterError{Reason: fmt.Sprintf("%q is no process id", v), Advice: "write a number, as in pid:811"}
	}
	return func(l *Listener) bool { return slices.Contains(l.Owner.PIDs, pid) }, nil
}

func parseAddr(v string) (func(*Listener) bool, *FilterError) {
	v = strings.Trim(v, "[]")
	prefix, err := netip.ParsePrefix(v)
	if a, aerr := netip.ParseAddr(v); aerr == nil {
		prefix, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	if err != nil {
		return nil, &FilterError{Reason: fmt.Sprintf("%q is no address or prefix", v), Advice: "write addr:127.0.0.1, addr:10.0.0.0/8 or addr:::1"}
	}
	return func(l *Listener) bool {
		return slices.ContainsFunc(l.Binds, func(b Bind) bool { return prefix.Contains(b.Addr) })
	}, nil
}

func parseFamily(v string) (func(*Listener) bool, *FilterError) {
	want := Family(strings.ToLower(v))
	if want != IPv4 && want != IPv6 {
		return nil, &FilterError{Reason: fmt.Sprintf("%q is no family", v), Advice: "families are ipv4, ipv6"}
	}
	return func(l *Listener) bool {
		return slices.ContainsFunc(l.Binds, func(b Bind) bool { return b.Family == want })
	}, nil
}

// oneOf makes a field whose values are a closed set.
func oneOf(noun string, get func(*Listener) string, values ...string) func(string) (func(*Listener) bool, *FilterError) {
	return func(v string) (func(*Listener) bool, *FilterError) {
		v = strings.ToLower(v)
		if slices.Contains(values, v) {
			return func(l *Listener) bool { return get(l) == v }, nil
		}
		e := &FilterError{Reason: fmt.Sprintf("unknown %s %q", noun, v), Advice: "write one of " + strings.Join(values, ", ")}
		if near, ok := Nearest(v, values); ok {
			e.Advice = fmt.Sprintf("did you mean %s? One of %s", near, strings.Join(values, ", "))
		}
		return nil, e
	}
}

// part makes a field that matches part of a name, whatever the case.
func part(get func(*Listener) []string) func(string) (func(*Listener) bool, *FilterError) {
	return func(v string) (func(*Listener) bool, *FilterError) {
		v = strings.ToLower(v)
		return func(l *Listener) bool { return anyHas(get(l), v) }, nil
	}
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
