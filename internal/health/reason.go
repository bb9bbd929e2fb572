package health

// A Reason is a stable code for why a check did not pass. Codes are part of
// the interface: metrics, mails and people's filters hold them.
type Reason string

// The target's fault: a failed result.
const (
	Refused     Reason = "refused"
	Timeout     Reason = "timeout"
	Reset       Reason = "reset"
	Unreachable Reason = "unreachable"
	NoSuchName  Reason = "dns_nxdomain"
)

// Our own fault: an unknown result, which never counts against a target.
const (
	LocalFDs      Reason = "local_fds"
	LocalPorts    Reason = "local_ports"
	LocalNetwork  Reason = "local_network"
	LocalResolver Reason = "local_resolver"
)

// A Verdict is what one result says about the target.
type Verdict string

// The verdicts. Warn counts as up; Unknown counts as nothing.
const (
	Pass          Verdict = "pass"
	Warn          Verdict = "warn"
	Fail          Verdict = "fail"
	Indeterminate Verdict = "unknown"
)
