package probe

import (
	"context"
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// A tcp asks whether an address accepts connections, or holds a port open,
// as its mode says: see [reach.Network.Touch].
type tcp struct {
	net      *reach.Network
	target   health.Target
	mode     health.Mode
	family   health.Family
	families reach.Families
}

func newTCP(spec *health.Spec, t health.Target, env Env) (health.Probe, []health.FieldError) {
	p := &tcp{net: env.Net, target: t, mode: spec.Mode, family: spec.Family}
	if addr, ok := t.Addr(); ok {
		return func(ctx context.Context) health.Result { return p.askAddress(ctx, addr) }, nil
	}
	return p.askName, nil
}

// askAddress asks a target that is written as an address. There is nothing to
// tell beyond that it passed: who answered is in the target.
func (p *tcp) askAddress(ctx context.Context, addr netip.AddrPort) health.Result {
	err := p.net.Touch(ctx, addr, p.mode)
	if err == nil {
		return health.Result{Verdict: health.Pass}
	}
	return failed(err, &health.Answer{Address: addr})
}

// askName asks a target that is written as a name: every family of addresses
// that it has, as far as the check wants them.
func (p *tcp) askName(ctx context.Context) health.Result {
	began := time.Now()
	addrs, err := p.net.Resolve(ctx, p.target.Host, p.family)
	answer := &health.Answer{StaleName: addrs.Stale}
	answer.Phases.Resolve = health.Duration(time.Since(began))
	if err != nil {
		return failed(err, answer)
	}
	reply := p.families.Ask(ctx, addrs, p.target.Port, p.family, p.touch)
	answer.Address, answer.Phases.Connect = reply.Addr, health.Duration(reply.Took)
	switch {
	case reply.Err != nil:
		return unhurried(failed(reply.Err, answer))
	case reply.Dead != nil:
		_, _, text := reach.Classify(reply.Dead)
		return health.Result{Verdict: health.Warn, Reason: health.FamilyDead, Text: text, Answer: answer}
	}
	return health.Result{Verdict: health.Pass, Answer: answer}
}

func (p *tcp) touch(ctx context.Context, addr netip.AddrPort) error {
	return p.net.Touch(ctx, addr, p.mode)
}

// failed returns the result of an error.
func failed(err error, answer *health.Answer) health.Result {
	r := health.Result{Answer: answer}
	r.Verdict, r.Reason, r.Text = reach.Classify(err)
	if answer.StaleName {
		r.Text += " (the resolver fails; this is from before)"
	}
	return r
}

// unhurried takes back a timeout of which the resolver used up the most: the
// target never had the time that it is promised.
func unhurried(r health.Result) health.Result {
	if p := r.Answer.Phases; r.Reason == health.Timeout && p.Resolve > p.Connect+p.TLS+p.Processing+p.Transfer {
		r.Verdict, r.Reason = health.Indeterminate, health.LocalResolver
		r.Text = "the resolver took most of the time; " + r.Text
	}
	return r
}
