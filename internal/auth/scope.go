package auth

import (
	"fmt"
	"slices"
	"strings"
)

// A Scope is what the holder of a token may do. The zero Scope permits nothing.
type Scope string

// The scopes. Each includes those before it.
const (
	Read     Scope = "read"     // see what everybody on the machine may see
	Register Scope = "register" // add, pause and remove one's own checks
	Admin    Scope = "admin"    // everything
)

// Scopes lists the scopes, the smallest first.
func Scopes() []Scope { return []Scope{Read, Register, Admin} }

// ScopeNames lists the scopes as they are written.
func ScopeNames() []string {
	var names []string
	for _, s := range Scopes() {
		names = append(names, string(s))
	}
	return names
}

// ParseScope reads a scope as it is written.
func ParseScope(text string) (Scope, error) {
	if s := Scope(text); slices.Contains(Scopes(), s) {
		return s, nil
	}
	return "", fmt.Errorf("unknown scope; scopes are %s", strings.Join(ScopeNames(), ", "))
}

// Includes reports whether who may do s may do other.
func (s Scope) Includes(other Scope) bool {
	has, wants := slices.Index(Scopes(), s), slices.Index(Scopes(), other)
	return wants >= 0 && has >= wants
}
