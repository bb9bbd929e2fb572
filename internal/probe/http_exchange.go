package probe

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// maxHeader is how many bytes the headers of an answer may have, those of
// interim answers included.
const maxHeader = 64 << 10

// readSize is how many bytes are read at a time: most answers fit.
const readSize = 2 << 10

// errHeader says that an answer's headers are larger than maxHeader.
var errHeader = errors.New("the headers are larger than 64 KiB")

// An allowance passes bytes on until it is spent. The first error stays: some
// readers ask again and take the end that comes after a reset for the truth.
type allowance struct {
	from io.Reader
	left int64
	err  error
}

func (a *allowance) Read(p []byte) (n int, err error) {
	switch {
	case a.err != nil:
		return 0, a.err
	case a.left <= 0:
		return 0, errHeader
	}
	n, a.err = a.from.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	return n, a.err
}

// exchange sends a request over a connection that is used for nothing else and
// returns the head of the answer (RFC 9112). Interim answers are passed over.
// The body may be read until the connection ends.
func exchange(ctx context.Context, conn net.Conn, r *request, p *health.Phases) (*http.Response, *fault) {
	began := time.Now()
	_, _ = conn.Write(r.wire) // not every server waits for the end of a request before it answers: reading tells
	limit := &allowance{from: conn, left: maxHeader}
	in := bufio.NewReaderSize(limit, readSize)
	_, err := in.Peek(1)
	p.Processing += since(began)
	if err != nil {
		return nil, broken(ctx, err, health.Reset, "without an answer")
	}
	for {
		resp, err := http.ReadResponse(in, r.plain)
		switch {
		case err != nil:
			return nil, broken(ctx, err, health.HTTPProtocol, "while its headers were read")
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, blame(health.HTTPProtocol, "switches to another protocol, unasked")
		case resp.StatusCode >= 200:
			limit.left = math.MaxInt64
			return resp, nil
		}
	}
}
