package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// set gives a field its value. Words that cannot be one go to wrong, and leave
// a field that is no list as it was.
func set(field any, words []word, wrong func(word, error)) {
	switch f := field.(type) {
	case *string:
		scalar(f, words, wrong, func(text string) (string, error) { return text, nil })
	case *bool:
		scalar(f, words, wrong, parseSwitch)
	case *int:
		scalar(f, words, wrong, parseCount)
	case *health.Duration:
		scalar(f, words, wrong, parseTime)
	case *timeOrNever:
		scalar(f, words, wrong, parseTimeOrNever)
	case *Secret:
		scalar(f, words, wrong, func(text string) (Secret, error) { return Secret(text), nil })
	case *[]string:
		*f = list(words, wrong, func(text string) (string, error) { return text, nil })
	case *[]Secret:
		*f = list(words, wrong, func(text string) (Secret, error) { return Secret(text), nil })
	case *[]uint16:
		*f = list(words, wrong, parsePort)
		slices.Sort(*f)
		*f = slices.Compact(*f)
	case *[]netip.Prefix:
		*f = list(words, wrong, parsePrefix)
	}
}

func scalar[T any](field *T, words []word, wrong func(word, error), parse func(string) (T, error)) {
	w := words[len(words)-1]
	v, err := parse(w.text)
	if err != nil {
		wrong(w, err)
		return
	}
	*field = v
}

func list[T any](words []word, wrong func(word, error), parse func(string) (T, error)) []T {
	var all []T
	for _, w := range words {
		v, err := parse(w.text)
		if err != nil {
			wrong(w, err)
			continue
		}
		all = append(all, v)
	}
	return all
}

// texts returns the value of a field as it would be written.
func texts(field any) []string {
	switch f := field.(type) {
	case *string:
		return []string{*f}
	case *bool:
		return []string{strconv.FormatBool(*f)}
	case *int:
		return []string{strconv.Itoa(*f)}
	case *health.Duration:
		return []string{short(*f)}
	case *timeOrNever:
		return []string{f.String()}
	case *Secret:
		return []string{f.Reveal()}
	case *[]string:
		return *f
	case *[]uint16:
		return stringsOf(*f)
	case *[]netip.Prefix:
		return stringsOf(*f)
	}
	return nil
}

func stringsOf[T any](list []T) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = fmt.Sprint(v)
	}
	return all
}

// isList reports whether a field holds many values.
func isList(field any) bool {
	switch field.(type) {
	case *[]string, *[]Secret, *[]uint16, *[]netip.Prefix:
		return true
	}
	return false
}

// short writes a duration without units of nought: 5m, not 5m0s.
func short(d health.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// quoted shows a word that somebody wrote, safe to look at and not too long.
func quoted(text string) string { return `"` + foreign.Text(text).Clip(60) + `"` }

func wrongWord(text, reason, hint string) error { return &wordError{quoted(text) + " " + reason, hint} }

func parseSwitch(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, wrongWord(text, "is neither true nor false", "write true or false")
}

func parseCount(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, wrongWord(text, "is no whole number", "write digits alone, as in 3")
	}
	return n, nil
}

// parseTime reads a duration, which is longer than nothing: nought would mean
// "not given".
func parseTime(text string) (health.Duration, error) {
	d, err := time.ParseDuration(text)
	if _, number := strconv.ParseFloat(text, 64); number == nil {
		return 0, wrongWord(text, "has no unit", "write a number with a unit, as in "+text+"s or 1m30s")
	}
	if err != nil {
		return 0, wrongWord(text, "is no duration", "a duration is a number with a unit, as in 15s or 1m30s")
	}
	if d <= 0 {
		return 0, wrongWord(text, "is no time at all", "a duration is longer than 0, as in 15s or 1m30s")
	}
	return health.Duration(d), nil
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, wrongWord(text, "is no port", "ports are 1 to 65535, as in 8500")
	}
	return uint16(n), nil
}

// parsePrefix reads a network, or an address, which is a network of one.
func parsePrefix(text string) (netip.Prefix, error) {
	const form = "write a network as in 192.168.0.0/16, or an address"
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, wrongWord(text, "is no network", form)
	}
	if p != p.Masked() {
		return netip.Prefix{}, wrongWord(text, "has bits behind the network's", "did you mean "+p.Masked().String()+"?")
	}
	return p, nil
}
