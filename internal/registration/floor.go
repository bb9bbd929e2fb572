package registration

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Floor is how often all registered checks of one host and port together may ask
// it at most: once in this time, so that nobody has us flood a third.
const Floor = 5 * time.Second

// A Load is how often a target is asked. Loads are whole numbers, so that sums
// stay exact however many checks come and go.
type Load int64

// fullLoad is that of one question per Floor.
const fullLoad Load = 1_000_000_000

// LoadOf returns the load of a check on its target.
func LoadOf(s *health.Spec) Load {
	if s.Interval <= 0 {
		return 0
	}
	return Load(int64(Floor) / int64(time.Microsecond) * int64(fullLoad) / max(1, int64(s.Interval)/int64(time.Microsecond)))
}

// Admits returns nil when a target that bears a load already may have a check
// besides, else what is wrong with its interval.
func (l Load) Admits(s *health.Spec) *health.FieldError {
	if l+LoadOf(s) <= fullLoad {
		return nil
	}
	e := &health.FieldError{Field: "interval", OutOfRange: true, Hint: "registered checks may ask one host and port every " + short(health.Duration(Floor)) + " together"}
	least, ok := l.shortest()
	if ok {
		e.Reason = fmt.Sprintf("%s is too short beside other checks of the same target: %s at least", short(s.Interval), short(health.Duration(least)))
	} else {
		e.Reason = "other checks ask the same target already as often as it may be asked"
	}
	return e
}

// shortest returns the shortest interval, in whole seconds, of a check beside a
// load, and whether there is any that a registered check may have.
func (l Load) shortest() (time.Duration, bool) {
	room := int64(fullLoad - l)
	if room <= 0 {
		return 0, false
	}
	perSecond := int64(Floor/time.Second) * int64(fullLoad)
	least := time.Duration((perSecond+room-1)/room) * time.Second
	return least, least <= time.Duration(times()["interval"].most)
}

// Site names whom a check asks, host and port, the same however they are written;
// empty when it asks nobody.
func Site(s *health.Spec) string {
	target, err := health.ParseTarget(s.Target)
	if err != nil || target.IsPush() {
		return ""
	}
	if at, ok := target.Addr(); ok {
		target.Host = at.Addr().Unmap().String()
	}
	target.Host = strings.TrimSuffix(strings.ToLower(target.Host), ".")
	return target.HostPort()
}
