package probe

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// exchange2 does as exchange over HTTP/2 (RFC 9113). The caller closes the
// connection, which ends the answer's body too.
func exchange2(ctx context.Context, conn net.Conn, r *request, p *health.Phases) (*http.Response, *fault) {
	began := time.Now()
	client, err := overHTTP2(conn).NewClientConn(ctx, r.url.Scheme, r.to.HostPort())
	if err != nil {
		return nil, broken(ctx, lastWord(conn, err), health.HTTPProtocol, "while HTTP/2 began")
	}
	resp, err := client.RoundTrip(r.once(ctx))
	p.Processing += since(began)
	if err != nil {
		return nil, broken(ctx, lastWord(conn, err), health.HTTPProtocol, "without an answer")
	}
	return resp, nil
}

// lastWord returns the alert by which a server ended a connection, if there was
// one: it says more than that the connection cannot be used. Either it was read
// already, and is what every further read returns, or, where writing has failed,
// it lies there to be read. In no case is it waited for.
func lastWord(conn net.Conn, err error) error {
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	}
	if _, alert := conn.Read(make([]byte, 1)); isAlert(alert) {
		return alert
	}
	return err
}

// overHTTP2 returns a transport that speaks over one connection on which TLS
// has agreed on HTTP/2. It has no pool, no proxy and no idle timers: it is only
// here for the protocol.
func overHTTP2(conn net.Conn) *http.Transport {
	t := &http.Transport{
		DialTLSContext:         func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		Protocols:              new(http.Protocols),
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
		HTTP2:                  &http.HTTP2Config{MaxReceiveBufferPerConnection: maxBody, MaxReceiveBufferPerStream: maxBody},
	}
	t.Protocols.SetHTTP2(true)
	return t
}
