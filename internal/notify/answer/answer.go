// Package answer says what the answers of HTTP services mean for a notice: the
// same for every channel that speaks HTTP.
package answer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
)

// maxWait bounds what a service may ask for: an alert that comes hours late is
// of no use, and a service may ask for a year by mistake.
const maxWait = time.Hour

// Judge returns nil for a status that says that a notice is taken, and else
// the [notify.Failure] that it means: 4xx is permanent but for 408, 425 and 429
// (RFC 9110, section 15.5.9; RFC 8470; RFC 6585), anything else is worth
// another try. Told is what is said of it; retryAfter is the header
// Retry-After, empty for none.
func Judge(status int, retryAfter string, now time.Time, told string) error {
	if status >= 200 && status <= 299 {
		return nil
	}
	f := &notify.Failure{Err: errors.New(told), Permanent: status >= 400 && status <= 499}
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		f.Permanent = false
	}
	if !f.Permanent {
		f.After = wait(retryAfter, now)
	}
	return f
}

// Words says a status for people.
func Words(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// wait reads a Retry-After: seconds or a date (RFC 9110, section 10.2.3). One
// that cannot be read, or lies in the past, asks for nothing.
func wait(text string, now time.Time) time.Duration {
	var d time.Duration
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil { // some services send fractions
		if !(seconds > 0) {
			return 0
		}
		d = time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(strings.TrimSpace(text)); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxWait)
}

// Unsent reports whether an error says that no connection came about over which
// a request could have been sent.
func Unsent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	for _, is := range []func(error) bool{
		isType[*net.DNSError], isType[*tls.CertificateVerificationError], isType[x509.UnknownAuthorityError],
		isType[x509.HostnameError], isType[x509.CertificateInvalidError], isType[tls.RecordHeaderError], isType[tls.AlertError],
	} {
		if is(err) {
			return true
		}
	}
	return false
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
