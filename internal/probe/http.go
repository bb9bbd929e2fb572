package probe

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/expect"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// An httpCheck asks for a page and passes when it is well: when the expectation
// holds or, without one, when the status is 200 and a body that is
// application/health+json does not say otherwise; of the two, the worse counts.
// Where a service's ID is given, an answer that is not that service's is a
// warning at least. A target with https must besides show a good certificate, as
// for a tls check.
//
// Each check is one connection, closed by a reset: one that is kept would no
// longer test whether the server accepts. There is one deadline over all, so a
// body that drips is a timeout; of a body that is longer than 64 KiB the rest
// is not read, which is a failure only where the whole body matters. No proxy
// is ever asked.
type httpCheck struct {
	net       *reach.Network
	first     *request
	families  reach.Families // of the target
	redirects int            // how many are followed
	trust     *trust
	expect    *expect.Program
	rules     reportRules // for what the target says of its own health
	secrets   secrets     // which no result shows
}

// newHTTP makes the probes of http and https.
func newHTTP(spec *health.Spec, target health.Target, env Env) (health.Probe, []health.FieldError) {
	c := &httpCheck{net: env.Net, redirects: spec.Redirects, rules: reportRulesOf(spec), secrets: secretsOf(spec)}
	var bad, wrong []health.FieldError
	names := []string{"status", "header", "body", "json", "took"}
	if target.Kind == "https" {
		c.trust, wrong = newTrust(spec, target.Host, "h2", "http/1.1")
		names = append(names, "tls")
	}
	c.expect, bad = newExpectation(env.Expectations, spec, target.Kind, names...)
	wrong = append(wrong, bad...)
	c.first, bad = firstRequest(spec, target)
	if wrong = append(wrong, bad...); len(wrong) > 0 {
		return nil, wrong
	}
	return overFamilies(spec.Family, c.ask), nil
}

// A visit is one check: a request and the redirects from there.
type visit struct {
	*httpCheck
	began  time.Time
	family health.Family
	hops   int
	answer *health.Answer
}

func (c *httpCheck) ask(ctx context.Context, family health.Family) health.Result {
	v := visit{httpCheck: c, began: time.Now(), family: family, answer: &health.Answer{}}
	for r := c.first; ; v.hops++ {
		next, result := v.hop(ctx, r)
		if next == nil {
			v.answer.TLS = v.secrets.shownTLS(v.answer.TLS)
			return result
		}
		r = next
	}
}

// hop sends one request, and returns the one that it is redirected to or the
// result.
func (v *visit) hop(ctx context.Context, r *request) (*request, health.Result) {
	line, err := v.caller().connect(ctx, r.to.Host, r.to.Port)
	if err != nil {
		return nil, v.astray(unreached(err), r).result(v.answer, v.secrets)
	}
	defer line.hangUp()
	return v.speak(ctx, line, r)
}

// speak does what is left of a hop once the connection stands.
func (v *visit) speak(ctx context.Context, line *call, r *request) (*request, health.Result) {
	resp, f := v.exchange(ctx, line, r)
	if f != nil {
		return nil, f.result(v.answer, v.secrets)
	}
	v.note(resp)
	if next, f := v.redirected(r, resp); next != nil {
		return next, health.Result{}
	} else if f != nil {
		return nil, f.result(v.answer, v.secrets)
	}
	began := time.Now()
	b, err := readBody(resp)
	v.answer.Phases.Transfer = since(began)
	v.answer.HTTP.BodyBytes = len(b.bytes)
	if err != nil {
		return nil, broken(ctx, err, health.HTTPProtocol, "while the body was read").result(v.answer, v.secrets)
	}
	return nil, v.judge(resp, b, line.dead)
}

// caller returns who connects. What families used to answer is remembered of
// the target, not of where it sends us.
func (v *visit) caller() caller {
	if v.hops > 0 {
		return caller{v.net, v.family, &reach.Families{}, v.answer}
	}
	return caller{v.net, v.family, &v.families, v.answer}
}

// exchange sends a request over a connection that stands, in the protocol that
// both ends agree on.
func (v *visit) exchange(ctx context.Context, line *call, r *request) (*http.Response, *fault) {
	if v.trust == nil {
		return exchange(ctx, line, r, &v.answer.Phases)
	}
	conn, f := secured(ctx, line, v.trust, r.to.Host, v.answer)
	if f != nil {
		return nil, f
	}
	if v.answer.TLS.ALPN == "h2" {
		return exchange2(ctx, conn, r, &v.answer.Phases)
	}
	return exchange(ctx, conn, r, &v.answer.Phases)
}

// note writes down the head of an answer.
func (v *visit) note(resp *http.Response) {
	v.answer.HTTP = &health.HTTP{
		Status:        resp.StatusCode,
		Protocol:      resp.Proto, // checked: it is no foreign text
		ContentType:   v.secrets.shown(resp.Header.Get("Content-Type")),
		ContentLength: resp.ContentLength,
		Redirects:     v.hops,
		Location:      v.secrets.shown(resp.Header.Get("Location")),
	}
}

// judge makes a result of an answer.
func (v *visit) judge(resp *http.Response, b body, dead error) health.Result {
	f := v.unexpected(resp, b)
	if f != nil {
		return f.result(v.answer, v.secrets)
	}
	return well(v.answer, v.trust, v.expect, dead)
}

// unexpected says what is wrong with an answer, if anything is.
func (v *visit) unexpected(resp *http.Response, b body) *fault {
	said, garbled := v.testimony(resp, b)
	if said != nil {
		v.answer.Report = said.report(v.secrets)
	}
	f := v.unmet(resp, b, said, garbled)
	if f != nil && f.verdict != health.Warn {
		return f
	}
	if other := v.rules.impostor(said, v.answer.Report); other != nil {
		return other
	}
	return f
}

// unmet says what an answer lacks: what the expectation demands, or without one
// a status that is good and a word of health that is no worse.
func (v *visit) unmet(resp *http.Response, b body, said *testimony, garbled *fault) *fault {
	switch {
	case v.expect != nil:
		return v.disappointed(resp, b)
	case resp.StatusCode != http.StatusOK && said != nil:
		return said.worsen(blame(health.HTTPStatus, describeStatus(resp)), v.answer.Report, resp.StatusCode)
	case resp.StatusCode != http.StatusOK:
		return blame(health.HTTPStatus, describeStatus(resp))
	case said != nil:
		return said.judge(v.answer.Report)
	}
	return garbled
}

// disappointed says in what an answer is not as it was expected.
func (v *visit) disappointed(resp *http.Response, b body) *fault {
	if v.expect.Uses("body") || v.expect.Uses("json") {
		if f := b.unusable(); f != nil {
			return f
		}
	}
	return expected(v.expect, v.evidence(resp, b))
}

// evidence is what the expectation is asked about, as far as it looks.
func (v *visit) evidence(resp *http.Response, b body) expect.Answer {
	now := time.Now()
	a := expect.Answer{Status: resp.StatusCode, Took: now.Sub(v.began), Secrets: &v.secrets}
	if v.expect.Uses("body") || v.expect.Uses("json") {
		a.Body = string(b.bytes)
	}
	if v.expect.Uses("header") {
		a.Header = make(map[string]string, len(resp.Header))
		for name, values := range resp.Header {
			a.Header[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	if v.expect.Uses("tls") {
		a.TLS = tlsFor(v.answer.TLS, now)
	}
	return a
}

// describeStatus words a status, in the registry's words and not the server's.
func describeStatus(resp *http.Response) string {
	text := strings.TrimSpace(fmt.Sprintf("status %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)))
	if to := resp.Header.Get("Location"); to != "" {
		text += ", to " + to
	}
	return text
}
