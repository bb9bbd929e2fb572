package health

import (
	"fmt"
	"time"
)

// AdviceFor tells what a result means and what to look at next, in the lower
// case of a hint; empty when there is nothing to add. It looks at how far the
// target came in its answer, which the reason alone does not say. A nil result
// has no advice.
func AdviceFor(r *Result) string {
	switch {
	case r == nil:
		return ""
	case r.Answer == nil:
		return Advice(r.Reason)
	case r.Reason == Timeout && r.Answer.stood():
		return r.Answer.slowAdvice()
	case r.Answer.HTTP != nil && (r.Reason == HTTPStatus || r.Reason == HTTPProtocol):
		return r.Answer.HTTP.statusAdvice(r.Reason)
	}
	return Advice(r.Reason)
}

// stood reports whether the connection stood that the answer ended on. Behind a
// redirect that cannot be told: phases are sums.
func (a *Answer) stood() bool {
	p := a.Phases
	return p.Transfer > 0 || a.HTTP == nil && (p.TLS > 0 || p.Processing > 0)
}

// slowAdvice says in which phase a connection fell silent that stood.
func (a *Answer) slowAdvice() string {
	p := a.Phases
	connected := fmt.Sprintf("connected in %v; ", rough(p.Connect))
	switch {
	case p.Transfer > 0:
		return connected + fmt.Sprintf("the answer began after %v and had not ended %v later: the server, or the way from it, is slow", rough(p.Processing), rough(p.Transfer))
	case a.TLS == nil && p.TLS > 0 && p.Processing == 0:
		return connected + fmt.Sprintf("the server has not shaken hands for %v: it hangs, is overloaded, or is no TLS server", rough(p.TLS))
	}
	return connected + fmt.Sprintf("the server has not answered for %v: it hangs or is overloaded", rough(p.Processing))
}

// statusAdvice says what a status asks of the client, where it does.
func (h *HTTP) statusAdvice(r Reason) string {
	switch {
	case h.Status/100 == 3 && r == HTTPProtocol:
		return "its redirect cannot be followed: ask the new URL"
	case r == HTTPProtocol:
		return Advice(r)
	case h.Status/100 == 3 && h.Location != "":
		return "the server redirects: ask the new URL, or set redirects"
	case h.Status == 401, h.Status == 403: // RFC 9110, sections 15.5.2 and 15.5.4
		return "the server lets only some in: send a header with credentials, such as Authorization"
	}
	return Advice(r)
}

// rough writes a duration for a sentence: in milliseconds, or the microseconds
// of a short one.
func rough(d Duration) time.Duration {
	if t := time.Duration(d); t < time.Millisecond {
		return t.Round(time.Microsecond)
	}
	return time.Duration(d).Round(time.Millisecond)
}

// Advice tells what a reason alone means and what to look at next, in the lower case
// of a hint; empty when there is nothing to add.
func Advice(r Reason) string { return advice()[r] }

func advice() map[Reason]string {
	return map[Reason]string{
		Refused:           "the host answers, but nothing listens on that port: see `portreeve ports` there",
		Timeout:           "nothing answers at all: a firewall that drops, a host that is off, or a server that is too busy to accept",
		Reset:             "the server took the connection and cut it off: see its log, and what it permits",
		Unreachable:       "a router on the way says that the host cannot be reached: is it on, and is the address right",
		TLSHandshake:      "the other end and we found no common TLS: is it a TLS port, and which versions does it offer",
		TLSName:           "the certificate is for other names: ask for one of them, or set server_name",
		TLSExpired:        "renew the certificate, and see whether the server has loaded the new one",
		TLSUntrusted:      "the certificate's issuer is not trusted here: name it by ca_file, or complete the server's chain",
		HTTPStatus:        "the server answers, but not with what was expected: see its log for this path",
		HTTPProtocol:      "what answers does not speak HTTP: is it the right port, and should it be https",
		BodyTooLarge:      "ask for a smaller page: 64 KiB are read at most",
		ExpectationFailed: "the server answers, but not with what was expected: the evidence tells in what",
		NotJSON:           "the expression needs JSON, and the answer is none",
		NoSuchName:        "the name does not exist: see its spelling, and the resolver's search list",
		NoHeartbeat:       "nothing was heard of it in time: did the job run, and can its machine reach portreeve",
		JobFailed:         "the job says itself that it failed: see its log; the next finish ends the outage",
		TLSExpiring:       "renew the certificate in time",
		FamilyDead:        "one of the name's address families has stopped answering: clients that prefer it wait",
		HealthWarn:        "the target itself says that it is not quite well",
		WrongService:      "another service answers there than service_id names: see the address, and what is deployed",
		StaleCheck:        "the service answers, but part of its report is old: what measures it may hang",
		LocalFDs:          "portreeve ran out of file descriptors: raise the limit (ulimit -n, LimitNOFILE=)",
		LocalPorts:        "this machine ran out of local ports: see net.ipv4.ip_local_port_range and what holds connections",
		LocalNetwork:      "this machine cannot send there: see its routes, its links and its own firewall",
		LocalResolver:     "the resolver does not answer: see /etc/resolv.conf, and `portreeve doctor`",
		LocalOverload:     "this machine was too busy to ask in time",
		LocalClock:        "the clock jumped, or the machine slept",
		LocalPolicy:       "portreeve does not connect to such addresses",
	}
}
