// Package webhook is the channel that posts notices as JSON to a URL.
//
// The body is a [Message]. With a secret it is signed as the Standard Webhooks
// specification has it (https://www.standardwebhooks.com), so receivers can use
// its libraries:
//
//	webhook-id:        the notice's key; it stays the same when a notice is repeated
//	webhook-timestamp: when this try was made, in seconds since 1970
//	webhook-signature: v1, and the base64 of HMAC-SHA256(secret, id.timestamp.body)
//
// The secret is used as it is, or what follows whsec_ in base64. A receiver
// should refuse timestamps more than some minutes off, and pass over an id that
// it has seen. Idempotency-Key repeats the id for receivers that know that.
//
// An answer of 2xx takes the notice. 4xx refuses it for good, but for 408, 425
// and 429; after anything else it comes again, and not before Retry-After says.
// Redirects are not followed, and no proxy of the environment is used.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answer"
	"github.com/portreeve/portreeve/internal/notify/redact"
)

// patience is how long a receiver may take.
const patience = 30 * time.Second

// A Config says where to post.
type Config struct {
	URL    string // http or https; it may hold a user and a password, or a token
	Secret string // with which notices are signed; empty: they are not
}

// A ConfigError says what is wrong with a Config.
type ConfigError struct {
	Field string // of a route's configuration: webhook.url, webhook.secret_file
	Err   error
	hint  string
}

// Error says what is wrong.
func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *ConfigError) Unwrap() error { return e.Err }

// Key names the field that is wrong, by its key in a route's configuration.
func (e *ConfigError) Key() string { return e.Field }

// Hint says what to write instead.
func (e *ConfigError) Hint() string { return e.hint }

// A Hook posts notices. It is safe for concurrent use.
type Hook struct {
	url    *url.URL
	secret []byte
	client *http.Client
	redact redact.Redactor
}

var _ notify.Sender = (*Hook)(nil)

// New returns a Hook, or a [*ConfigError]. It connects to nobody.
func New(c Config) (*Hook, error) {
	const hint = "write it as in https://hooks.example.org/portreeve"
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		return nil, &ConfigError{"webhook.url", errors.New("the webhook's URL is missing"), hint}
	case err != nil: // the error quotes the URL
		return nil, &ConfigError{"webhook.url", errors.New("the webhook's URL cannot be read"), hint}
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, &ConfigError{"webhook.url", errors.New("the webhook's URL is none of http or https"), hint}
	case u.Fragment != "":
		return nil, &ConfigError{"webhook.url", errors.New("the webhook's URL goes on behind #, which no server ever sees"), hint}
	}
	secret, err := key(c.Secret)
	if err != nil {
		return nil, &ConfigError{"webhook.secret_file", err, "what follows whsec_ is base64"}
	}
	return &Hook{url: u, secret: secret, client: answer.Client(nil), redact: redact.New(append(secrets(u), c.Secret)...)}, nil
}

// key returns the key of the signature that a secret is, or names.
func key(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	if !ok {
		return []byte(secret), nil
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(b) == 0 {
		return nil, errors.New("the webhook's secret begins with whsec_, but no key follows")
	}
	return b, nil
}

// secrets returns the parts of a URL that may be secrets: all but host, and
// path elements and values that are too short for one.
func secrets(u *url.URL) []string {
	password, _ := u.User.Password()
	all := []string{password, u.RawQuery}
	parts := append(strings.Split(u.Path, "/"), u.User.Username())
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	for _, part := range parts {
		if len(part) >= 6 {
			all = append(all, part)
		}
	}
	return all
}

// Send implements [notify.Sender].
func (h *Hook) Send(ctx context.Context, n notify.Notice) error {
	body, err := json.Marshal(message(&n))
	if err != nil {
		return &notify.Failure{Err: fmt.Errorf("write the webhook's JSON: %w", err), Permanent: true}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := time.Now()
	reply, err := answer.Post(ctx, h.client, h.url.String(), h.header(n.Key, now, body), body)
	if err != nil {
		f := notify.Fails(err)
		f.Err = h.words(f.Err.Error())
		return &f
	}
	return answer.Judge(reply.Status, reply.RetryAfter, now, h.words(told(reply)).Error())
}

// header returns what travels beside the body.
func (h *Hook) header(noticeKey string, now time.Time, body []byte) http.Header {
	id, timestamp := headerSafe(noticeKey), strconv.FormatInt(now.Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "portreeve")
	header.Set("Idempotency-Key", id)
	header.Set("Webhook-Id", id)
	header.Set("Webhook-Timestamp", timestamp)
	if len(h.secret) > 0 {
		mac := hmac.New(sha256.New, h.secret)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return header
}

// maxID bounds a key in a header, in bytes.
const maxID = 200

// headerSafe returns the key of a notice as a header may hold it: itself, or
// its hash where it holds what no header may.
func headerSafe(key string) string {
	strange := func(r rune) bool { return r <= ' ' || r > '~' }
	if key != "" && len(key) <= maxID && !strings.ContainsFunc(key, strange) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// words says a failure for people, with the host and without secrets.
func (h *Hook) words(what string) error {
	return errors.New("webhook " + h.url.Host + ": " + h.redact.Text(what))
}

// told says an answer for people, with the beginning of what it says.
func told(r *answer.Reply) string {
	text := answer.Words(r.Status)
	if said := strings.Join(strings.Fields(string(r.Body)), " "); said != "" {
		text += ": " + said
	}
	return text
}
