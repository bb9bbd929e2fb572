package health

import (
	"context"
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Result is one answer to a check's question: plain data, so that the judge
// cannot tell whether it came from this process or from another host.
type Result struct {
	Check    string       `json:"check"`
	Observer string       `json:"observer"` // the host that asked
	At       time.Time    `json:"at"`       // when it began
	Took     Duration     `json:"took"`
	Verdict  Verdict      `json:"verdict"`
	Reason   Reason       `json:"reason,omitempty"`
	Text     foreign.Text `json:"text,omitempty"` // the reason for people, with evidence
	Answer   *Answer      `json:"answer,omitempty"`
}

// An Answer is what the target was seen to say: the evidence. Fields that do
// not apply to the kind of check are zero. It is immutable.
type Answer struct {
	// Address is who answered, or was asked last.
	Address netip.AddrPort `json:"address,omitzero"`
	// StaleName is set when the resolver failed and the last address that it
	// gave was used instead.
	StaleName bool   `json:"stale_name,omitempty"`
	Phases    Phases `json:"phases,omitzero"`
	TLS       *TLS   `json:"tls,omitempty"`
	HTTP      *HTTP  `json:"http,omitempty"`
	// Report is what the target says of its own health, by health+json.
	Report *Report `json:"report,omitempty"`
	// Beat is the newest heartbeat, of push.
	Beat *Beat `json:"beat,omitempty"`
}

// Phases say where the time went. A phase that was not reached, or that the
// kind of check does not have, is zero.
type Phases struct {
	Resolve    Duration `json:"resolve,omitempty"`
	Connect    Duration `json:"connect,omitempty"`
	TLS        Duration `json:"tls,omitempty"`
	Processing Duration `json:"processing,omitempty"` // from the request sent to the first byte of the answer
	Transfer   Duration `json:"transfer,omitempty"`
}

// A TLS is what a handshake showed.
type TLS struct {
	Version  string       `json:"version"` // as "TLS 1.3"
	Cipher   string       `json:"cipher"`
	ALPN     string       `json:"alpn,omitempty"`
	Subject  foreign.Text `json:"subject"`
	Issuer   foreign.Text `json:"issuer"`
	NotAfter time.Time    `json:"not_after"` // of the certificate of the chain that ends first
}

// An HTTP is what the last response said.
type HTTP struct {
	Status        int          `json:"status"`
	Protocol      string       `json:"protocol"` // as "HTTP/1.1"
	ContentType   foreign.Text `json:"content_type,omitempty"`
	ContentLength int64        `json:"content_length"` // as announced; -1 when it was not
	BodyBytes     int          `json:"body_bytes"`     // read, after decompression
	Redirects     int          `json:"redirects,omitempty"`
	Location      foreign.Text `json:"location,omitempty"` // of the last response, when it redirects or was redirected to
}

// A Probe asks a check's question once. It returns when it has the answer or
// soon after ctx ends, and fills Verdict, Reason, Text and Answer; who calls it
// fills the rest. It is safe for concurrent use.
type Probe func(ctx context.Context) Result
