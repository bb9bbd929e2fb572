package health

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDurationIsWrittenAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]time.Duration{`"30s"`: 30 * time.Second, `"1m30s"`: 90 * time.Second, `"100ms"`: 100 * time.Millisecond, `"0s"`: 0} {
		var d Duration
		if err := json.Unmarshal([]byte(text), &d); err != nil || time.Duration(d) != want {
			t.Errorf("%s is read as %v, %v", text, d, err)
		}
		if b, err := json.Marshal(d); err != nil || string(b) != text {
			t.Errorf("%v is written as %s, %v", d, b, err)
		}
	}
	for _, text := range []string{`"30"`, `"soon"`, `""`, `30`} {
		var d Duration
		if err := json.Unmarshal([]byte(text), &d); err == nil {
			t.Errorf("%s is read as %v", text, d)
		}
	}
}
