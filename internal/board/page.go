package board

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/portreeve/portreeve/internal/health"
)

// ErrAfter is returned for a place in a list that no answer gave out.
var ErrAfter = errors.New("no place in this list")

// A CheckQuery picks a part of the checks.
type CheckQuery struct {
	Filter CheckFilter
	Order  CheckOrder
	After  string // where the part before ended; empty for the first
	Limit  int    // of the part
}

// Validate returns [ErrAfter] when After is no place; then so does Page.
func (q CheckQuery) Validate() error { return validPlace(q.After, new(place)) }

// Page returns the part of v's checks that q asks for, where the next part
// begins, empty when there is none, and how many checks q picks in all. A
// place is what a check is sorted by, and its name: what comes after it is
// told whether or not that check is still there, so that a reader who goes
// through all parts misses only what has moved forward meanwhile.
func (q CheckQuery) Page(v *View) (part []*health.State, next string, matching int, err error) {
	places := q.Order.places(q.Filter.Select(v))
	begin := 0
	if q.After != "" {
		var after place
		if err := decodePlace(q.After, &after); err != nil {
			return nil, "", 0, err
		}
		i, found := slices.BinarySearchFunc(places, after, q.Order.compare)
		if begin = i; found {
			begin++
		}
	}
	end := min(begin+q.Limit, len(places))
	for _, p := range places[begin:end] {
		part = append(part, p.state)
	}
	if end < len(places) && end > begin {
		next = encodePlace(places[end-1])
	}
	return part, next, len(places), nil
}

// maxPlace bounds what a reader may say a place is.
const maxPlace = 4 << 10

// encodePlace writes a place so that it may stand in a URL.
func encodePlace(place any) string {
	text, err := json.Marshal(place)
	if err != nil {
		return "" // there is nothing in a place that JSON could not hold
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// validPlace reports what is wrong with a place, for which none is fine.
func validPlace(text string, place any) error {
	if text == "" {
		return nil
	}
	return decodePlace(text, place)
}

// decodePlace reads what encodePlace wrote.
func decodePlace(text string, place any) error {
	if len(text) > maxPlace {
		return ErrAfter
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, place) != nil {
		return ErrAfter
	}
	return nil
}
