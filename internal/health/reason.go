package health

import "strings"

// A Reason is a stable code for why a check did not pass. Codes are part of
// the interface: metrics, mails and people's filters hold them.
type Reason string

// The target's fault: a failed result.
const (
	Refused           Reason = "refused"
	Timeout           Reason = "timeout"
	Reset             Reason = "reset"
	Unreachable       Reason = "unreachable"
	TLSHandshake      Reason = "tls_handshake"
	TLSName           Reason = "tls_name"
	TLSExpired        Reason = "tls_expired"
	TLSUntrusted      Reason = "tls_untrusted"
	HTTPStatus        Reason = "http_status"
	HTTPProtocol      Reason = "http_protocol"
	BodyTooLarge      Reason = "body_too_large"
	ExpectationFailed Reason = "expectation_failed"
	NotJSON           Reason = "not_json"
	NoSuchName        Reason = "dns_nxdomain"
	NoHeartbeat       Reason = "silent"     // the heartbeat did not come
	JobFailed         Reason = "job_failed" // its sender says that it failed
)

// Not well, but up: a warning.
const (
	TLSExpiring Reason = "tls_expiring"
	FamilyDead  Reason = "family_dead" // an address family that used to answer is silent
	HealthWarn  Reason = "health_warn" // the target's own health+json says so

	WrongService Reason = "wrong_service" // its health+json is that of another service
	StaleCheck   Reason = "stale_check"   // part of its health+json is too old to say anything
)

// Our own fault: an unknown result, which never counts against a target.
const (
	LocalFDs      Reason = "local_fds"
	LocalPorts    Reason = "local_ports"
	LocalNetwork  Reason = "local_network"
	LocalResolver Reason = "local_resolver"
	LocalOverload Reason = "local_overload" // the answer came too late because we were busy or stopped
	LocalClock    Reason = "local_clock"    // the clock jumped, or the machine slept
	LocalPolicy   Reason = "local_policy"   // the address is one that we must not connect to
)

// Reasons lists every reason that a result may have.
func Reasons() []Reason {
	return append([]Reason{
		Refused, Timeout, Reset, Unreachable, TLSHandshake, TLSName, TLSExpired, TLSUntrusted, HTTPStatus, HTTPProtocol,
		BodyTooLarge, ExpectationFailed, NotJSON, NoSuchName, NoHeartbeat, JobFailed, TLSExpiring, FamilyDead, HealthWarn, WrongService, StaleCheck,
	}, LocalReasons()...)
}

// LocalReasons lists the reasons of unknown results.
func LocalReasons() []Reason {
	return []Reason{LocalFDs, LocalPorts, LocalNetwork, LocalResolver, LocalOverload, LocalClock, LocalPolicy}
}

// Local reports whether the reason is a fault of our own.
func (r Reason) Local() bool { return strings.HasPrefix(string(r), "local_") }

// Warning reports whether the reason is that of a warning: the target is up.
func (r Reason) Warning() bool {
	return r == TLSExpiring || r == FamilyDead || r == HealthWarn || r == WrongService || r == StaleCheck
}

// Silent reports whether the target was not heard of at all. Such a failure
// looks the same when our own link is dead, so it is worth asking whether we
// are well before it is believed.
func (r Reason) Silent() bool { return r == Timeout || r == Unreachable }

// A Verdict is what one result says about the target.
type Verdict string

// The verdicts. Warn counts as up; Indeterminate counts as nothing.
const (
	Pass          Verdict = "pass"
	Warn          Verdict = "warn"
	Fail          Verdict = "fail"
	Indeterminate Verdict = "unknown"
)

// Up reports whether the target is up by this verdict.
func (v Verdict) Up() bool { return v == Pass || v == Warn }
