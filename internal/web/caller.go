package web

import (
	"context"
	"net/http"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/registration"
)

// CallerOf returns who a request that the server's guard let through is from,
// as registration knows callers. One for whom a proxy asks has no address, and
// a password that a browser sent by itself shows nothing.
func CallerOf(r *http.Request) registration.Caller { return callerIn(r.Context()) }

// callerIn returns the caller of the request that a context is of.
func callerIn(ctx context.Context) registration.Caller {
	id := identityOf(ctx)
	c := registration.Caller{Addr: id.addr, Local: id.local}
	if !id.ambient {
		c.Token, c.Admin, c.Owns = id.token.Name, id.may(auth.Admin), id.owns
	}
	return c
}
