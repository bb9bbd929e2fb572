package registry

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/registration"
)

// receiptFor completes a registration that is asked for: whose it is, since when,
// and by which token.
func receiptFor(by registration.Caller, asked registration.Registration, held *registration.Registration, what registration.Outcome) (registration.Receipt, error) {
	now := time.Now().UTC().Round(0)
	receipt := registration.Receipt{Registration: asked, Outcome: what}
	next := &receipt.Registration
	next.Owner, next.Created, next.Renewed = by.Identity(), now, now
	if held != nil {
		passed := held.Passed(by)
		next.Owner, next.Addr = passed.Owner, passed.Addr
	}
	if what == registration.Restarted {
		next.Created, next.Restarts, next.Recent = held.Created, held.Restarts, held.Recent
		next.Renew(now)
		if !next.Same(held) {
			receipt.Outcome = registration.Changed
		}
	}
	switch {
	case held != nil && by.Owns == next.Spec.Name:
		next.Hash = held.Hash
	case !by.Compat:
		token, secret, err := auth.Mint(next.Spec.Name, auth.Register, now, rand.Reader)
		if err != nil {
			return registration.Receipt{}, fmt.Errorf("make an owner's token: %w", err)
		}
		next.Hash, receipt.Secret = token.Hash, secret
	}
	return receipt, nil
}
