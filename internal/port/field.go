package port

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

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
