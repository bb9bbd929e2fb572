package expect

import (
	"bytes"
	"encoding/json"
	"time"
)

// An Answer is what an expression looks at. Fields that the kind of check does
// not have are zero; it is for the caller not to accept expressions that use
// them.
type Answer struct {
	Status int               `expr:"status"`
	Header map[string]string `expr:"header"` // by names in lower case
	Body   string            `expr:"body"`   // also what json is parsed from
	TLS    TLS               `expr:"tls"`
	Took   time.Duration     `expr:"took"`

	Secrets Secrets `expr:"-"` // that no explanation shows; nil: none
}

// Secrets leave out of a text what is secret.
type Secrets interface{ Hide(text string) string }

// A TLS is what an expression sees of a handshake.
type TLS struct {
	DaysLeft float64   `expr:"days_left"` // until NotAfter; negative when that is past
	NotAfter time.Time `expr:"not_after"`
	Version  string    `expr:"version"` // as "TLS 1.3"
	Cipher   string    `expr:"cipher"`
	ALPN     string    `expr:"alpn"`
	Subject  string    `expr:"subject"`
	Issuer   string    `expr:"issuer"`
}

// An environment is an answer with its body parsed, if it is asked for.
type environment struct {
	Answer
	JSON any `expr:"json"`

	notJSON error // why the body is no JSON
}

// shown returns of a text what may be shown. It is asked before a text is cut:
// nobody recognises half of what must not be told.
func (e *environment) shown(text string) string {
	if e.Secrets == nil {
		return text
	}
	return e.Secrets.Hide(text)
}

// newEnvironment returns what the program looks at.
func (p *Program) newEnvironment(a Answer) *environment {
	e := &environment{Answer: a}
	if p.Uses("json") {
		// A byte order mark may be ignored (RFC 8259, section 8.1).
		body := bytes.TrimPrefix([]byte(a.Body), []byte("\ufeff"))
		e.notJSON = json.Unmarshal(body, &e.JSON)
	}
	return e
}
