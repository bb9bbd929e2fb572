package probe

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// maxBody is how many bytes of a body are read, after decompression.
const maxBody = 64 << 10

// errEncoding says that a body is encoded in a way that nobody asked for.
var errEncoding = errors.New("the body has an encoding that was not asked for")

// A body is what was read of an answer's body.
type body struct {
	bytes []byte
	cut   bool  // there is more
	odd   error // why what was read is not the text itself: an encoding that we do not know
}

// readBody reads the body of an answer, up to maxBody: how much more there is,
// nobody needs to know. No check asks for compression, but some servers
// compress unasked.
func readBody(resp *http.Response) (body, error) {
	var b body
	from, err := decoded(resp)
	switch {
	case errors.Is(err, errEncoding):
		from, b.odd = resp.Body, err
	case err == io.EOF:
		return b, nil // nothing at all, not even the head of its encoding
	case err != nil:
		return b, err
	}
	var to bytes.Buffer
	to.Grow(int(min(max(resp.ContentLength, 0), maxBody)) + bytes.MinRead)
	_, err = to.ReadFrom(io.LimitReader(from, maxBody+1))
	b.bytes = to.Bytes()
	if len(b.bytes) > maxBody {
		b.bytes, b.cut, err = b.bytes[:maxBody], true, nil
	}
	return b, err
}

// decoded returns the body of an answer as it was before it was compressed
// (RFC 9110, section 8.4). What is compressed is read no further than its
// cap: nothing of that size is larger for being compressed.
func decoded(resp *http.Response) (io.Reader, error) {
	coding := strings.TrimSpace(strings.Join(resp.Header["Content-Encoding"], ","))
	switch strings.ToLower(coding) {
	case "", "identity":
		return resp.Body, nil
	case "gzip", "x-gzip":
		return gzip.NewReader(io.LimitReader(resp.Body, 2*maxBody))
	case "deflate":
		return inflated(io.LimitReader(resp.Body, 2*maxBody))
	}
	return nil, fmt.Errorf("%w: %s", errEncoding, coding)
}

// inflated reads the zlib format, which deflate means, or bare deflate, which
// many servers send instead.
func inflated(raw io.Reader) (io.Reader, error) {
	in := bufio.NewReader(raw)
	head, err := in.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 { // RFC 1950, section 2.2
		return zlib.NewReader(in)
	}
	return flate.NewReader(in), nil
}

// unusable says why a body that matters cannot be judged.
func (b body) unusable() *fault {
	switch {
	case b.cut:
		return blame(health.BodyTooLarge, "the body is longer than 64 KiB")
	case b.odd != nil:
		return blame(health.HTTPProtocol, b.odd.Error())
	}
	return nil
}
