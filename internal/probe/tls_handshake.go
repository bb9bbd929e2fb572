package probe

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// secured shakes hands over a connection and writes down what was shown, even
// if it is not good.
func secured(ctx context.Context, line *call, t *trust, host string, a *health.Answer) (*tls.Conn, *fault) {
	began := time.Now()
	conn, facts, err := t.handshake(line, host)
	a.Phases.TLS += since(began)
	if facts != nil {
		a.TLS = facts
	}
	switch {
	case err == nil:
		return conn, nil
	case facts != nil:
		return nil, blame(distrust(err), err.Error())
	}
	return nil, broken(ctx, err, health.TLSHandshake, "during the TLS handshake")
}
