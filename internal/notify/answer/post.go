package answer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
)

// maxBody bounds what is read of an answer, in bytes.
const maxBody = 4 << 10

// A Reply is what a service answered.
type Reply struct {
	Status     int
	RetryAfter string
	Body       []byte // the beginning of it
}

// Client returns an HTTP client as channels need one: redirects are answers and
// are not followed, certificates are verified, answers are bounded. Proxy
// returns the proxy for a request; nil: none, whatever the environment says.
func Client(proxy func(*http.Request) (*url.URL, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: proxy, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second,
			MaxResponseHeaderBytes: 64 << 10, IdleConnTimeout: 10 * time.Second, MaxIdleConns: 2, ForceAttemptHTTP2: true,
		},
	}
}

// Post posts a body and returns the answer, whatever its status. An error is a
// [*notify.Failure], doubtful when the request had begun to leave, and tells of
// the URL nothing but the host.
func Post(ctx context.Context, client *http.Client, to string, header http.Header, body []byte) (*Reply, error) {
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, &notify.Failure{Err: errors.New("the URL cannot be read"), Permanent: true}
	}
	req.Header = header
	resp, err := client.Do(req)
	if err != nil {
		return nil, &notify.Failure{Err: withoutURL(ctx, err), Doubtful: sent.Load() && !Unsent(err)}
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // the status says what counts
	return &Reply{resp.StatusCode, resp.Header.Get("Retry-After"), said}, nil
}

// withoutURL returns the error of a request without the URL, which is a secret
// of many services.
func withoutURL(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("no answer in time")
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the connection was closed without an answer")
	}
	return err
}
