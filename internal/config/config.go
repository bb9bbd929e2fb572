package config

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A Config is what portreeve runs with: plain data, complete and valid. It is
// not to be changed once Load has returned it.
type Config struct {
	// File is what was read, empty when there was none. To load again, name it
	// in [Sources]: a default path whose file has vanished must be an error
	// then, and not the end of every check.
	File string
	// Blank tells that there is a file and that it says nothing but comments: what
	// an interrupted writer or a full disk leaves.
	Blank bool

	Listen   string // ADDRESS:PORT of page, API and metrics
	Insecure bool   // permits a Listen address that others can reach, without TLS
	Hosts    []string
	Database string // DSN of the journal; see Journal
	Verbose  bool
	Debug    bool
	Test     bool // keep nothing, send nothing

	Defaults Defaults
	Ports    Ports
	Checks   []*health.Spec // valid, with defaults filled in; those of the file first, in its order
	Flappy   Flappy
	Auth     Auth
	Metrics  Metrics

	Registration Registration

	URL         string // by which people reach the page; empty: not known
	Mirror      Mirror
	SMTP        SMTP
	Alerts      []*Alert // by their order in the file
	Maintenance []health.Window
	Retention   Retention

	// Warnings are remarks on what was given and has no effect, for the log.
	Warnings []string

	stamp         stamp               // of File when it was read
	origins       map[string][]Origin // by option; none: the default
	history       []checkOrigin       // of Checks
	windowOrigins []Origin            // of Maintenance

	gmailUser  string
	gmailToken Secret
}

// A Mirror is a database that gets every change as rows; with no DSN, none.
type Mirror struct {
	DSN      Secret // it may hold a password
	Password Secret

	passwordFile string
}

// Defaults are the times and thresholds of checks that have none of their own.
type Defaults struct {
	Interval, Timeout                    health.Duration
	UnhealthyThreshold, HealthyThreshold int

	Alerts []string // routes of checks that name none
}

// Ports says how this machine's ports are watched.
type Ports struct {
	Interval health.Duration // between two looks at the listening sockets
	Watch    []uint16        // counted even while nobody listens; sorted
}

// Flappy says who may use the endpoints /check and /json.
type Flappy struct {
	Enabled bool
	Allow   []netip.Prefix // callers besides this machine's, and the hosts that they may name
}

// Auth says who may read and change, and how they are asked.
type Auth struct {
	TokensFile      string
	TLSCert, TLSKey string // files in PEM; both or none
	PublicRead      bool   // reading needs no token
}

// Metrics says what else is counted.
type Metrics struct {
	Clients bool // a series per busy client address
}

// Default returns what portreeve runs with when nobody says anything.
func Default() *Config {
	c := &Config{origins: map[string][]Origin{}}
	for _, o := range Options() {
		if o.field != nil && o.Default != "" {
			set(o.field(c), words(split(o.Default), Origin{}), func(w word, err error) {
				panic("config: default of " + o.Name + ": " + err.Error()) // a test loads every default
			})
		}
	}
	return c
}

// Journal returns the DSN of the journal: none on disk in a test.
func (c *Config) Journal() string {
	if c.Test {
		return "memory:"
	}
	return c.Database
}

// Profile returns the times and thresholds of checks that have none of their
// own.
func (c *Config) Profile() health.Profile {
	d := c.Defaults
	return health.Profile{
		Interval: time.Duration(d.Interval), Timeout: time.Duration(d.Timeout),
		Unhealthy: d.UnhealthyThreshold, Healthy: d.HealthyThreshold,
	}
}

// Loopback reports whether the address to listen on is this machine's alone.
func (c *Config) Loopback() bool {
	host, _, _ := net.SplitHostPort(c.Listen)
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// Restart lists the options whose value in next takes effect at the next start
// only.
func (c *Config) Restart(next *Config) []Option {
	var changed []Option
	for _, o := range Options() {
		if o.field != nil && !o.Live && !slices.Equal(texts(o.field(c)), texts(o.field(next))) {
			changed = append(changed, o)
		}
	}
	return changed
}
