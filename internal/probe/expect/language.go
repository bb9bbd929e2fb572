package expect

import (
	"reflect"

	"github.com/expr-lang/expr/conf"
)

// Limits of an expression. They are far above what people write.
const (
	maxText    = 1024    // bytes
	maxNodes   = 200     // of the syntax tree
	maxPattern = 300     // states of all its patterns together: each may look at each byte of a body
	maxMade    = 100_000 // elements of the lists that one run makes
)

// names are what an expression may speak of.
func names() []string { return []string{"status", "header", "body", "json", "tls", "took"} }

// tlsNames are the fields of tls.
func tlsNames() []string {
	return []string{"days_left", "not_after", "version", "cipher", "alpn", "subject", "issuer"}
}

// functions lists the functions of an expression, and whether they may be used
// on each element of a list too. Those may not whose result is larger than
// what they are given.
func functions() map[string]bool {
	return map[string]bool{
		"all": true, "any": true, "none": true, "one": true, "count": true,
		"len": true, "get": true, "first": true, "last": true, "keys": true, "values": true,
		"int": true, "float": true, "abs": true, "ceil": true, "floor": true, "round": true, "type": true,
		"lower": true, "upper": true, "trim": true, "trimPrefix": true, "trimSuffix": true,
		"hasPrefix": true, "hasSuffix": true, "indexOf": true, "lastIndexOf": true,
		"now": true, "date": true, "duration": true,

		"filter": false, "map": false, "find": false, "findIndex": false, "findLast": false, "findLastIndex": false,
		"sum": false, "mean": false, "median": false, "min": false, "max": false, "sort": false, "reverse": false,
		"split": false, "string": false, "fromJSON": false,
	}
}

// config tells the compiler what the language is.
func config() *conf.Config {
	c := conf.New(environment{})
	c.Expect, c.ExpectAny = reflect.Bool, true
	c.MaxNodes = maxNodes
	allowed := functions()
	for name := range c.Builtins {
		if _, ok := allowed[name]; !ok {
			c.Disabled[name] = true
			delete(c.Builtins, name)
		}
	}
	return c
}
