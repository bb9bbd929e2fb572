package health

import (
	"strings"
	"testing"
)

// TestEveryReasonHasAdvice: nobody is left alone with a code.
func TestEveryReasonHasAdvice(t *testing.T) {
	for _, r := range Reasons() {
		if text := Advice(r); text == "" || strings.HasSuffix(text, ".") {
			t.Errorf("advice for %s: %q", r, text)
		}
	}
	if len(advice()) != len(Reasons()) {
		t.Errorf("advice for %d reasons, of which there are %d", len(advice()), len(Reasons()))
	}
	if Advice("") != "" {
		t.Error("advice where nothing is wrong")
	}
}
