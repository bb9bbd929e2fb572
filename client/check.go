package client

import "time"

// A Check is what an app wants to have watched. Fields that are zero are left to
// the server; it names everything that is wrong, each with its allowed range, in
// the Fields of the [Error].
type Check struct {
	// Name is unique on the server: lower-case letters, digits, ".", "_" and "-",
	// at most 63 of them, the first a letter or digit.
	Name  string
	Title string // free text for people
	// URL is what is asked: tcp://HOST:PORT, tls://HOST:PORT, http://HOST:PORT/PATH,
	// https://HOST:PORT/PATH, or push://NAME for heartbeats. Without a host, as
	// http://:3000/health, it is the machine that the request comes from.
	URL string

	Interval time.Duration // how often it is asked: 5 s to 300 s; zero: 30 s
	Timeout  time.Duration // how long it has to answer: 2 s to 60 s, shorter than Interval; zero: 5 s
	// Unhealthy failures in a row mean that it is down: 2 to 10; zero: 2.
	Unhealthy int
	// Healthy good answers in a row mean that it is up again: 2 to 10; zero: 10.
	Healthy int

	Path      string // of http and https, instead of the URL's
	Expect    string // an expression over the answer, as: status == 200 and json.status == "OK"
	Mode      string // of tcp: accept or listen; empty: accept
	Family    string // auto, both, ipv4 or ipv6; empty: auto
	ServiceID string // what health+json must call the service; empty: whatever it does

	Period time.Duration // of push: a heartbeat is due this long after the one before; 10 s to 744 h
	Grace  time.Duration // of push: how late it may be, 1 s to 168 h; zero: a tenth of Period, at least 10 s

	Alerts []string // the server's alert routes to tell; nil: its default
}

// registration is a Check as it is sent.
type registration struct {
	Name      string   `json:"name,omitempty"`
	Title     string   `json:"title,omitempty"`
	Target    string   `json:"target"`
	Interval  duration `json:"interval,omitzero"`
	Timeout   duration `json:"timeout,omitzero"`
	Unhealthy int      `json:"unhealthy_threshold,omitzero"`
	Healthy   int      `json:"healthy_threshold,omitzero"`
	Path      string   `json:"path,omitempty"`
	Expect    string   `json:"expect,omitempty"`
	Mode      string   `json:"mode,omitempty"`
	Family    string   `json:"family,omitempty"`
	ServiceID string   `json:"service_id,omitempty"`
	Period    duration `json:"period,omitzero"`
	Grace     duration `json:"grace,omitzero"`
	Alerts    []string `json:"alerts,omitempty"`
}

func (c Check) wire() registration {
	return registration{
		Name: c.Name, Title: c.Title, Target: c.URL,
		Interval: duration(c.Interval), Timeout: duration(c.Timeout), Unhealthy: c.Unhealthy, Healthy: c.Healthy,
		Path: c.Path, Expect: c.Expect, Mode: c.Mode, Family: c.Family, ServiceID: c.ServiceID,
		Period: duration(c.Period), Grace: duration(c.Grace), Alerts: c.Alerts,
	}
}

// A duration is written as people write it: "30s".
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = duration(v)
	return err
}
