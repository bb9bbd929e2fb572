package web

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
)

// digest stands in a validator for what an answer tells besides the view. It is
// empty for what cannot be written as JSON, of which there is nothing here.
func digest(value any) string {
	h := fnv.New64a()
	if err := json.NewEncoder(h).Encode(value); err != nil {
		return ""
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
