package health

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
)

// maxHost and maxLabel are the longest names of RFC 1035, section 2.3.4, as
// people write them.
const (
	maxHost  = 253
	maxLabel = 63
	// maxZone is the longest name of an interface: IFNAMSIZ of linux/if.h, less
	// the byte that ends it.
	maxZone = 15
)

// CheckHost tells what is wrong with a host, which must be an IP address
// without brackets or a name: labels of letters, digits, dashes and, since
// people use them, underscores. The error goes on after "host x": "is …".
func CheckHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return checkZone(a.Zone())
	}
	name := strings.TrimSuffix(host, ".")
	if name == "" {
		return errors.New("is empty")
	}
	if len(name) > maxHost {
		return fmt.Errorf("is longer than %d characters", maxHost)
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if err := checkLabel(label); err != nil {
			return err
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return errors.New("ends in a number, but is no IP address")
	}
	return nil
}

func checkLabel(label string) error {
	switch {
	case label == "":
		return errors.New("has a dot too many")
	case label[0] == '-': // no name does (RFC 1123, 2.1), but options do
		return errors.New("begins with a dash")
	case len(label) > maxLabel:
		return fmt.Errorf("has more than %d characters between two dots", maxLabel)
	}
	for _, r := range label {
		if r == '-' || r == '_' || unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			continue
		}
		return fmt.Errorf("has %q in it", r)
	}
	return nil
}

func checkZone(zone string) error {
	strange := func(r rune) bool { return !unicode.IsGraphic(r) || strings.ContainsRune(" /%[]", r) }
	if len(zone) > maxZone || strings.ContainsFunc(zone, strange) {
		return fmt.Errorf("has the zone %q, which is no name of an interface", zone)
	}
	return nil
}

// CheckName tells what is wrong with a name, of a check or of a route. The error
// goes on after "x": "is …" or "may …".
func CheckName(name string) error {
	if !validName.MatchString(name) {
		return errors.New("may hold lower-case letters, digits, dots, dashes and underscores, 63 at most, and begins with a letter or a digit")
	}
	return nil
}
