package web

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// worthwhile is the size from which on an answer is compressed.
const worthwhile = 1400 // about one packet

// compress lets next's pages and JSON go out compressed to callers who take
// gzip: through a tunnel or a slow line the page weighs a tenth. Streams are
// left alone, for they would wait in the compressor. A compressor takes a
// megabyte, so there is one; who finds it in use gets the answer as it is.
func compress(next http.Handler) http.Handler {
	tool := make(chan *gzip.Writer, 1)
	tool <- nil // made when it is first needed
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !takesGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, tool: tool}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// takesGzip reports whether an Accept-Encoding header names gzip, and not with
// the weight 0, which forbids it (RFC 9110, section 12.4.2).
func takesGzip(accept string) bool {
	for item := range strings.SplitSeq(strings.ToLower(accept), ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(item, " ", ""), ";")
		if coding == "gzip" || coding == "x-gzip" {
			q, weighed := strings.CutPrefix(weight, "q=")
			return !weighed || strings.Trim(q, "0.") != ""
		}
	}
	return false
}

// A compressor decides at the first write, when the headers are known.
type compressor struct {
	http.ResponseWriter
	tool   chan *gzip.Writer
	zip    *gzip.Writer // nil: as it is
	status int
	begun  bool
}

// WriteHeader waits for the first write: compressing changes the headers.
func (c *compressor) WriteHeader(status int) {
	if c.begun || status < 200 {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	c.status = status
}

func (c *compressor) Write(p []byte) (int, error) {
	if !c.begun {
		c.begin(len(p))
	}
	if c.zip != nil {
		return c.zip.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// begin sends the header, for a body whose first part has so many bytes.
func (c *compressor) begin(size int) {
	c.begun = true
	h := c.Header()
	if size >= worthwhile && h.Get("Content-Encoding") == "" && compressible(h.Get("Content-Type")) {
		c.take()
	}
	if c.zip != nil {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		h.Del("Content-Length")
	}
	if c.status != 0 {
		c.ResponseWriter.WriteHeader(c.status)
	}
}

// take gets hold of the compressor, if nobody else has it.
func (c *compressor) take() {
	select {
	case c.zip = <-c.tool:
	default:
		return
	}
	if c.zip == nil {
		c.zip, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a valid one
	}
	c.zip.Reset(c.ResponseWriter)
}

func compressible(kind string) bool {
	for _, k := range []string{"text/html", "text/css", "text/javascript", "application/json", "application/vnd.oai.openapi"} {
		if strings.HasPrefix(kind, k) {
			return true
		}
	}
	return false
}

// close ends the body, or sends the header of an answer without one.
func (c *compressor) close() {
	if !c.begun {
		c.begin(0)
	}
	if c.zip != nil {
		c.zip.Close()
		c.zip.Reset(nil) // or it would keep the answer alive
		c.tool <- c.zip
	}
}

// Unwrap leads to what can flush and set deadlines; see [http.ResponseController].
func (c *compressor) Unwrap() http.ResponseWriter {
	if !c.begun {
		c.begin(0)
	}
	return c.ResponseWriter
}
