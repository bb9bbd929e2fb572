//go:build nochat

package chat

import (
	"errors"
	"strings"
	"testing"
)

func TestNone(t *testing.T) {
	_, err := New(Config{URL: "ntfy://ntfy.sh/s3cret"})
	wrong, ok := errors.AsType[*ConfigError](err)
	if !ok || wrong.Field != "services" || !strings.Contains(wrong.Hint(), "nochat") || strings.Contains(err.Error(), "s3cret") || len(Services()) != 0 {
		t.Errorf("%v", err)
	}
}
