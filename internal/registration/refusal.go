package registration

import (
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A Because says what kind of refusal it is.
type Because string

// The kinds of refusal.
const (
	Invalid    Because = "invalid"    // fields are wrong; Fields names each
	Taken      Because = "taken"      // somebody else has the name, and answers
	Configured Because = "configured" // the configuration has the name
	Forbidden  Because = "forbidden"  // it is somebody else's
	Absent     Because = "absent"     // there is none of that name
	Full       Because = "full"       // there are as many as there may be
	TooOften   Because = "too_often"  // ask again after Retry
)

// A Refusal is the error of who may not have what they ask for. All other errors
// mean that it could not be kept, and has not happened.
type Refusal struct {
	Because Because
	Detail  string // a sentence
	Hint    string // another: what to do instead
	Fields  []health.FieldError
	Retry   time.Duration
}

// Error tells the detail, and every wrong field.
func (r *Refusal) Error() string {
	parts := []string{strings.TrimSuffix(r.Detail, ".")}
	for _, f := range r.Fields {
		parts = append(parts, f.Error())
	}
	return strings.TrimPrefix(strings.Join(parts, "; "), "; ")
}
