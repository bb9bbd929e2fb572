package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
)

// stamp tells views apart, those of different runs too: a generation number
// starts anew with each run, so the start of the run goes with it.
func stamp(v *board.View) string {
	return strconv.FormatInt(v.StartedAt.UnixNano(), 36) + "-" + strconv.FormatUint(v.Generation, 10)
}

// etag returns the validator of what is told of v. It is a weak one (RFC 9110,
// section 8.8.1): with the same generation everything is the same but the times
// that merely go on, such as when the kernel was last asked; those are in the
// header Portreeve-Looked-At of a 304 too. What is about such times adds what
// they depend on as parts.
func etag(v *board.View, parts ...string) string {
	return `W/"` + strings.Join(append([]string{stamp(v)}, parts...), "-") + `"`
}

// matches reports whether an If-None-Match header names the validator, by weak
// comparison (RFC 9110, section 13.1.2).
func matches(header, etag string) bool {
	for _, tag := range strings.Split(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || tag != "" && strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

// lookedAt is the header that says when the kernel was last asked.
const lookedAt = "Portreeve-Looked-At"

func setLookedAt(h http.Header, at time.Time) {
	if !at.IsZero() {
		h.Set(lookedAt, at.UTC().Format(timeLayout))
	}
}
