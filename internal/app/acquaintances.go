package app

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"

	"github.com/portreeve/portreeve/internal/canary"
	"github.com/portreeve/portreeve/internal/journal"
)

// Acquaintances keeps who answers the canary in the journal, so that a restart
// in the middle of trouble of our own calls nobody down. It is not safe for
// concurrent use.
type acquaintances struct {
	journal journal.Journal
	canary  *canary.Canary
	log     *slog.Logger

	value    []byte // what is kept
	revision uint64
}

// acquaintancesKey is where the journal keeps them.
const acquaintancesKey = "canary"

// recall hands on who answered the process before this one.
func (a *acquaintances) recall(ctx context.Context) {
	kept, err := a.journal.Kept(ctx, acquaintancesKey)
	for _, k := range kept {
		if k.Key == acquaintancesKey {
			var all []canary.Acquaintance
			a.revision = k.Revision
			if err = json.Unmarshal(k.Value, &all); err == nil {
				a.canary.Recall(all)
			}
		}
	}
	if err != nil {
		a.log.Error("it is not known who answered the canary", "err", err)
	}
}

// keep writes who answers, if that is news. A journal that cannot be written has
// told so itself.
func (a *acquaintances) keep(ctx context.Context) {
	value, err := json.Marshal(a.canary.Acquaintances())
	if err != nil || bytes.Equal(value, a.value) {
		return
	}
	revision, err := a.journal.Keep(ctx, acquaintancesKey, value, a.revision)
	if err != nil {
		a.log.Debug("cannot write who answers the canary", "err", err)
		return
	}
	a.value, a.revision = value, revision
}
