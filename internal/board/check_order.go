package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A CheckOrder says how checks are sorted: a key of [CheckOrderKeys], with a
// leading minus for the reverse. The zero CheckOrder puts the most urgent
// first; see [Urgency].
type CheckOrder string

// CheckOrderKeys lists what checks can be sorted by. took is how long the last
// answer took, since when the status began, asked when the last round did,
// expires when the certificate ends.
func CheckOrderKeys() []string {
	return []string{"name", "target", "status", "reason", "took", "since", "asked", "expires", "flaps"}
}

// ParseCheckOrder reads an order; the error is a [*port.FilterError].
func ParseCheckOrder(text string) (CheckOrder, error) {
	key := strings.TrimPrefix(text, "-")
	if text == "" || slices.Contains(CheckOrderKeys(), key) {
		return CheckOrder(text), nil
	}
	e := &port.FilterError{Term: text, Reason: fmt.Sprintf("unknown sort key %q", key), Advice: "keys are " + strings.Join(CheckOrderKeys(), ", ")}
	if near, ok := port.Nearest(key, CheckOrderKeys()); ok {
		e.Advice = fmt.Sprintf("did you mean %s?", near)
	}
	return "", e
}

// Sort returns the checks in order o, ties by name; states stays as it is.
func (o CheckOrder) Sort(states []*health.State) []*health.State {
	out := make([]*health.State, 0, len(states))
	for _, p := range o.places(states) {
		out = append(out, p.state)
	}
	return out
}

// A place is where a check stands in an order: by number, then by text, then
// by name. It can be told to a reader, who comes back with it.
type place struct {
	state  *health.State
	Number int64  `json:"n,omitempty"`
	Text   string `json:"t,omitempty"`
	Name   string `json:"c"`
}

// maxPlaceText is how much of a text tells its place.
const maxPlaceText = 128

func (o CheckOrder) places(states []*health.State) []place {
	places := make([]place, len(states))
	for i, st := range states {
		places[i] = o.place(st)
	}
	slices.SortFunc(places, o.compare)
	return places
}

func (o CheckOrder) compare(a, b place) int {
	c := cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
	if strings.HasPrefix(string(o), "-") {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(a.Name, b.Name))
}

func (o CheckOrder) place(st *health.State) place {
	p := place{state: st, Name: st.Spec.Name}
	switch strings.TrimPrefix(string(o), "-") {
	case "":
		p.Number = -int64(Urgency(st))
	case "name":
		p.Text = p.Name
	case "target":
		p.Text = strings.ToValidUTF8(st.Spec.Target[:min(len(st.Spec.Target), maxPlaceText)], "") // as JSON keeps it
	case "status":
		p.Number = int64(slices.Index(health.Statuses(), st.Status))
	case "reason":
		if st.Last != nil {
			p.Text = string(st.Last.Reason)
		}
	case "took":
		if st.Last != nil {
			p.Number = int64(st.Last.Took)
		}
	case "since":
		p.Number = age(st.Since)
	case "asked":
		p.Number = age(time.Time{})
		if st.Last != nil {
			p.Number = age(st.Last.At)
		}
	case "expires":
		p.Number = expiry(st)
	case "flaps":
		p.Number = int64(st.Flap * 100)
	}
	return p
}

// age orders times by how long ago they were: the youngest first, and no time
// at all before any.
func age(t time.Time) int64 {
	if t.IsZero() {
		return -1 << 62
	}
	return -t.UnixNano()
}

// expiry orders certificates by their end; those who have none come last.
func expiry(st *health.State) int64 {
	if st.Last == nil || st.Last.Answer == nil || st.Last.Answer.TLS == nil {
		return 1 << 62
	}
	return st.Last.Answer.TLS.NotAfter.Unix()
}
