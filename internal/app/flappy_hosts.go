package app

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/health"
)

// A flappyHost is whom `flappy` asks.
type flappyHost struct {
	name string // as it was given, an address without brackets
	port uint16
}

const (
	mostHosts    = 1_000_000
	longestLine  = 4096
	mostMistakes = 20 // told at once
	hostForms    = "write one host per line, as in db1, db1:8080, 10.0.0.5, ::1 or [::1]:8080; nothing was asked"
)

// parseHost reads a host as people write it, with a port or without: db1,
// db1:8080, 10.0.0.5, ::1, [::1] or [::1]:8080.
func parseHost(word string, port uint16) (flappyHost, error) {
	if strings.Contains(word, "/") {
		return flappyHost{}, errors.New("is a URL or a network, not a host")
	}
	host, digits := word, ""
	if _, err := netip.ParseAddr(word); err != nil {
		host, digits = splitPort(word)
	}
	if err := health.CheckHost(host); err != nil {
		return flappyHost{}, err
	}
	if digits == "" {
		return flappyHost{host, port}, nil
	}
	n, err := strconv.ParseUint(digits[1:], 10, 16)
	if err != nil || n == 0 {
		return flappyHost{}, errors.New("needs a port from 1 to 65535")
	}
	return flappyHost{host, uint16(n)}, nil
}

// splitPort parts a host, without its brackets, from its port with the colon.
func splitPort(word string) (host, port string) {
	if inside, rest, ok := strings.Cut(strings.TrimPrefix(word, "["), "]"); ok && word[0] == '[' && (rest == "" || rest[0] == ':') {
		if strings.Contains(inside, ":") {
			return inside, rest
		}
	}
	if i := strings.LastIndexByte(word, ':'); i >= 0 {
		return word[:i], word[i:]
	}
	return word, ""
}

// withoutUser leaves out a user with a password, where a word is no host but a
// URL.
func withoutUser(word string) string {
	at := strings.LastIndexByte(word, '@')
	if at < 0 || !strings.Contains(word[:at], ":") {
		return word
	}
	scheme, _, ok := strings.Cut(word[:at], "://")
	if !ok {
		return "…" + word[at:]
	}
	return scheme + "://…" + word[at:]
}

// parseHosts reads the hosts of arguments; the error is a UsageError that
// names every one that is wrong.
func parseHosts(words []string, port uint16) ([]flappyHost, error) {
	var hosts []flappyHost
	var wrong mistakes
	for _, w := range words {
		h, err := parseHost(w, port)
		if err != nil {
			wrong.add(fmt.Errorf("host %.80q %w", withoutUser(w), err))
		}
		hosts = append(hosts, h)
	}
	return hosts, wrong.usage("write hosts as db1, db1:8080, 10.0.0.5, ::1 or [::1]:8080; nothing was asked")
}

// readHosts reads a list of hosts, one per line. Blank lines are skipped, and
// what follows a # at the start of a line or behind a blank. The error is a
// UsageError that names every line that is wrong, unless it is r's.
func readHosts(r io.Reader, port uint16) ([]flappyHost, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, longestLine), longestLine)
	var hosts []flappyHost
	var wrong mistakes
	number := 0
	for lines.Scan() {
		number++
		text, err := hostOf(lines.Bytes(), number == 1)
		switch {
		case err != nil:
			return nil, usage(err, "")
		case text == "":
			continue
		case len(hosts) == mostHosts:
			return nil, usage(fmt.Errorf("more than %d hosts", mostHosts), "split the list")
		}
		h, err := parseHost(text, port)
		if err != nil {
			wrong.add(fmt.Errorf("line %d: %.80q %w", number, withoutUser(text), err))
		}
		hosts = append(hosts, h)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		wrong.add(fmt.Errorf("line %d is longer than %d bytes", number+1, longestLine))
	} else if lines.Err() != nil {
		return nil, fmt.Errorf("read hosts: %w", lines.Err())
	}
	return hosts, wrong.usage(hostForms)
}

// hostOf returns what a line names, without comment and blanks.
func hostOf(line []byte, first bool) (string, error) {
	if first {
		if bytes.HasPrefix(line, []byte{0xff, 0xfe}) || bytes.HasPrefix(line, []byte{0xfe, 0xff}) {
			return "", errors.New("the list of hosts is UTF-16; save it as UTF-8")
		}
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	text := strings.TrimSpace(string(line))
	for i := range len(text) {
		if text[i] == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			text = strings.TrimSpace(text[:i])
			break
		}
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd") // which is part of no host, so it is told
	}
	return text, nil
}

// A mistakes collects what is wrong, to be told all at once.
type mistakes struct {
	told []error
	all  int
}

func (m *mistakes) add(err error) {
	if m.all++; m.all <= mostMistakes {
		m.told = append(m.told, err)
	}
}

// usage returns them as one UsageError, nil when there are none.
func (m *mistakes) usage(hint string) error {
	if m.all == 0 {
		return nil
	}
	if more := m.all - len(m.told); more > 0 {
		m.told = append(m.told, fmt.Errorf("and %d more like these", more))
	}
	return usage(errors.Join(m.told...), hint)
}
