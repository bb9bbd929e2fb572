package web

import (
	"fmt"
	"mime"
	"net/http"

	"github.com/portreeve/portreeve/internal/auth"
)

// maxBody bounds the bodies of requests that change something.
const maxBody = 64 << 10

// requireScope lets requests that change something through to next: those that
// show a token which permits scope, on purpose, and say it in JSON. Coming from
// this machine is not enough: any page in any browser on it can send requests
// from here. For the same reason a password that a browser remembers does not
// count, and neither does a form, which cannot say application/json.
func requireScope(scope auth.Scope, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := unscoped(scope, r); p != nil {
			p.serve(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// unscoped returns why r may not change anything, or nil.
func unscoped(scope auth.Scope, r *http.Request) *problem {
	if p := unpermitted(scope, r); p != nil {
		return p
	}
	return notJSON(r)
}

// unpermitted returns why who sends r may not change anything, or nil.
func unpermitted(scope auth.Scope, r *http.Request) *problem {
	id := identityOf(r.Context())
	switch {
	case otherSite(r):
		return &problem{Status: http.StatusForbidden, Detail: "Another site's page may not change anything here.", Hint: "Call it from a program."}
	case id.owns != "" && !id.ambient:
		return forOwnersOnly(id, scope)
	case id.token.Name == "" || id.ambient:
		return challenge("", "Who changes something must show a token, from this machine too.", "Send Authorization: Bearer and the token; portreeve token add NAME --scope "+string(scope)+" makes one.", false)
	case !id.may(scope):
		return unscopedToken(id.token, scope)
	}
	return nil
}

// forOwnersOnly answers an owner's token where it is no good.
func forOwnersOnly(id identity, scope auth.Scope) *problem {
	return &problem{
		Status: http.StatusForbidden, Detail: fmt.Sprintf("This is the token of the registration %s, and is good for nothing else.", id.owns),
		Hint: "portreeve token add NAME --scope " + string(scope) + " makes one that is.",
	}
}

// unscopedToken answers a token that does not permit a scope.
func unscopedToken(t auth.Token, scope auth.Scope) *problem {
	return &problem{
		Status: http.StatusForbidden,
		Detail: fmt.Sprintf("The token %s is of scope %s, and this needs %s.", t.Name, t.Scope, scope),
		Hint:   "portreeve token add NAME --scope " + string(scope) + " makes one.",
		header: http.Header{"Www-Authenticate": {fmt.Sprintf(`Bearer realm="portreeve", error="insufficient_scope", scope="%s"`, scope)}},
	}
}

// notJSON returns what is wrong with how r's body is said, or nil.
func notJSON(r *http.Request) *problem {
	if r.ContentLength == 0 {
		return nil
	}
	return mustBeJSON(r)
}

// mustBeJSON returns why a body that r may have is not JSON, or nil.
func mustBeJSON(r *http.Request) *problem {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &problem{Status: http.StatusUnsupportedMediaType, Detail: "The body must be JSON and say so.", Hint: "Send Content-Type: application/json."}
	}
	return nil
}
