package probe

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/expect"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// A tlsCheck passes when the target shakes hands and shows a certificate that
// is good: signed by an authority that is trusted, for the target's name, and
// not expired. One that ends within 14 days is a warning, unless the
// expectation speaks of tls itself. With insecure_skip_verify any certificate
// will do, and what it says is reported all the same.
type tlsCheck struct {
	net      *reach.Network
	target   health.Target
	families reach.Families
	trust    *trust
	expect   *expect.Program
}

func newTLS(spec *health.Spec, target health.Target, env Env) (health.Probe, []health.FieldError) {
	expectation, wrong := newExpectation(env.Expectations, spec, target.Kind, "tls", "took")
	trust, untrusted := newTrust(spec, target.Host)
	if wrong = append(wrong, untrusted...); len(wrong) > 0 {
		return nil, wrong
	}
	c := &tlsCheck{net: env.Net, target: target, trust: trust, expect: expectation}
	return overFamilies(spec.Family, c.ask), nil
}

func (c *tlsCheck) ask(ctx context.Context, family health.Family) health.Result {
	began := time.Now()
	answer := &health.Answer{}
	line, err := caller{c.net, family, &c.families, answer}.connect(ctx, c.target.Host, c.target.Port)
	if err != nil {
		return unreached(err).result(answer, nil)
	}
	defer line.hangUp()
	if _, f := secured(ctx, line, c.trust, c.target.Host, answer); f != nil {
		return f.result(answer, nil)
	}
	if c.expect != nil {
		now := time.Now()
		if f := expected(c.expect, expect.Answer{TLS: tlsFor(answer.TLS, now), Took: now.Sub(began)}); f != nil {
			return f.result(answer, nil)
		}
	}
	return well(answer, c.trust, c.expect, line.dead)
}
