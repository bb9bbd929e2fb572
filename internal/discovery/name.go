package discovery

import (
	"errors"
	"fmt"
	"strings"
)

// The bounds of names (RFC 1035, 2.3.4).
const (
	maxLabel = 63
	maxName  = 255
)

// A name is a domain name as it is sent when nothing is compressed: labels with
// their length before them, the empty one last. Labels may hold any bytes, dots
// too. The zero name is none.
type name string

// root is the name without labels.
const root = name("\x00")

// local is the domain of multicast DNS (RFC 6762, 3).
const local = name("\x05local\x00")

// enumeration is what is asked for the types of services that there are (RFC
// 6763, 9).
const enumeration = name("\x09_services\x07_dns-sd\x04_udp" + local)

// under puts labels before a name. They must fit, as those of claims do.
func (n name) under(labels ...string) name {
	var b strings.Builder
	for _, l := range labels {
		b.WriteByte(byte(len(l)))
		b.WriteString(l)
	}
	return name(b.String()) + n
}

// first returns the first label and the name that follows it.
func (n name) first() (string, name) {
	if len(n) < 2 {
		return "", ""
	}
	end := 1 + int(n[0])
	return string(n[1:end]), n[end:]
}

// fold returns n as it is compared: names are the same when they differ in the
// case of ASCII letters (RFC 6762, 16). The lengths in it are no letters.
func (n name) fold() name { return name(lower(string(n))) }

// lower makes ASCII letters small, and no others.
func lower(s string) string {
	at := strings.IndexFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' })
	if at < 0 {
		return s
	}
	b := []byte(s)
	for i := at; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

// String returns the text form, without the last dot: dots and backslashes in
// labels are escaped by a backslash, control characters by their three decimal
// digits (RFC 1035, 5.1; RFC 6763, 4.3).
func (n name) String() string {
	var b strings.Builder
	for label, rest := n.first(); rest != ""; label, rest = rest.first() {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		escape(&b, label)
	}
	return b.String()
}

func escape(b *strings.Builder, label string) {
	for i := range len(label) {
		switch c := label[i]; {
		case c == '.' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
}

// typeName returns the name under which the services of a type are, such as
// "_http._tcp" (RFC 6763, 7).
func typeName(serviceType string) (name, error) {
	service, transport, ok := strings.Cut(serviceType, ".")
	if !ok || transport != "_tcp" && transport != "_udp" || !isService(service) {
		return "", fmt.Errorf("service type %q: want _NAME._tcp or _NAME._udp", serviceType)
	}
	return local.under(service, transport), nil
}

// isService tells whether a label is the name of a service after an underscore:
// letters, digits and hyphens, 15 at most (RFC 6335, 5.1).
func isService(label string) bool {
	if len(label) < 2 || len(label) > 16 || label[0] != '_' {
		return false
	}
	for _, c := range label[1:] {
		if !isLetterOrDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

func isLetterOrDigit(c rune) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// errName is the error of a name that breaks the rules of RFC 1035.
var errName = errors.New("malformed name")
