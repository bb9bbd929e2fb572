package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// The rules that a word must meet beyond being of its option's kind.

const listenForm = "write ADDRESS:PORT, as in 127.0.0.1:9860"

func checkListen(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return wrongWord(text, "is no address and port", listenForm)
	}
	if checkPort(port) != nil {
		return wrongWord(text, "has no port from 0 to 65535", listenForm+"; port 0 means any that is free")
	}
	if host == "" {
		return nil
	}
	return checkAddress(host)
}

func checkAddress(text string) error {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if _, err := netip.ParseAddr(text); err == nil {
		return nil
	}
	if strings.ContainsAny(text, ":/") {
		return wrongWord(text, "is no address to listen on", "write an IP address of this machine, as in 127.0.0.1 or ::1")
	}
	return checkHost(text)
}

func checkPort(text string) error {
	if _, err := strconv.ParseUint(text, 10, 16); err != nil {
		return wrongWord(text, "is no port", "ports are 0 to 65535; 0 means any that is free")
	}
	return nil
}

func checkHost(text string) error {
	if err := health.CheckHost(text); err != nil {
		return wrongWord(text, "is no host name: it "+err.Error(), "write the bare name, as in ports.example.org")
	}
	return nil
}

// The bounds of ports.interval: a look costs about a millisecond, and what
// comes and goes between two looks is not seen.
const minLook, maxLook = 100 * time.Millisecond, time.Hour

func checkLook(text string) error {
	if d, err := time.ParseDuration(text); err == nil && (d < minLook || d > maxLook) {
		return wrongWord(text, fmt.Sprintf("is out of range: %s to %s", short(health.Duration(minLook)), short(health.Duration(maxLook))), "")
	}
	return nil
}

func atLeastOne(text string) error {
	if n, err := strconv.Atoi(text); err == nil && n < 1 {
		return wrongWord(text, "is out of range: it is 1 at least", "")
	}
	return nil
}
