package compat

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A number is a field that holds one. What range it has say the rules of
// registration.
type number struct {
	field string
	unit  string // as ranges write it
	words string // for people
	set   func(*registration.Request, int)
}

// numbers lists the fields that hold numbers.
func numbers() []number {
	return []number{
		{fieldInterval, "s", "seconds", func(r *registration.Request, n int) { r.Interval = seconds(n) }},
		{fieldTimeout, "s", "seconds", func(r *registration.Request, n int) { r.Timeout = seconds(n) }},
		{fieldUnhealthy, "", "failures in a row", func(r *registration.Request, n int) { r.Unhealthy = n }},
		{fieldHealthy, "", "successes in a row", func(r *registration.Request, n int) { r.Healthy = n }},
	}
}

func seconds(n int) health.Duration { return health.Duration(time.Duration(n) * time.Second) }

// form says how the number is to be written, with its range.
func (n number) form() string {
	_, from, _ := strings.Cut(registration.OutOfRange(n.field, "").Reason, ": ")
	return "a number of " + n.words + " without a unit, " + from
}

// whole is how Python writes a whole number: 30, or 30.0 where it was computed.
var whole = regexp.MustCompile(`^[+-]?[0-9]+(\.0*)?$`)

// farOut is beyond every range, and far from what a duration cannot hold.
const farOut = 1_000_000

// number reads a number as the old client sends it. One that a request cannot hold
// is named here: 0, which there means nothing, and what is less or enormous.
func (v *validation) number(n number, text string) int {
	if !whole.MatchString(text) {
		v.add(n.field, n.form(), "%q is no whole number", shown(text))
		return 0
	}
	digits, _, _ := strings.Cut(text, ".")
	i, err := strconv.Atoi(digits)
	if err != nil || i <= 0 || i > farOut {
		v.wrong = append(v.wrong, registration.OutOfRange(n.field, digits+n.unit))
		return 0
	}
	return i
}
