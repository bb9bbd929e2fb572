package answer_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answer"
)

func TestJudge(t *testing.T) {
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		status    int
		after     string
		taken     bool
		permanent bool
		wait      time.Duration
	}{
		{200, "", true, false, 0},
		{204, "120", true, false, 0},
		{299, "", true, false, 0},
		{100, "", false, false, 0},
		{302, "", false, false, 0},
		{400, "120", false, true, 0},
		{404, "", false, true, 0},
		{410, "", false, true, 0},
		{408, "", false, false, 0},
		{425, "7", false, false, 7 * time.Second},
		{429, "120", false, false, 2 * time.Minute},
		{429, " 0.25 ", false, false, 250 * time.Millisecond},
		{429, now.Add(90 * time.Second).Format(http.TimeFormat), false, false, 90 * time.Second},
		{429, now.Add(-time.Hour).Format(http.TimeFormat), false, false, 0},
		{429, "-5", false, false, 0},
		{429, "soon", false, false, 0},
		{429, "NaN", false, false, 0},
		{429, "1e300", false, false, time.Hour},
		{503, "31536000", false, false, time.Hour},
		{503, now.AddDate(1, 0, 0).Format(http.TimeFormat), false, false, time.Hour},
		{500, "", false, false, 0},
		{599, "", false, false, 0},
		{999, "", false, false, 0},
	} {
		err := answer.Judge(tt.status, tt.after, now, "told")
		f := notify.Fails(err)
		if (err == nil) != tt.taken || f.Permanent != tt.permanent || f.After != tt.wait || f.Doubtful {
			t.Errorf("%d, Retry-After %q: %+v", tt.status, tt.after, f)
		}
		if err != nil && err.Error() != "told" {
			t.Errorf("%d: says %q", tt.status, err)
		}
	}
}

func TestUnsent(t *testing.T) {
	_, refused := net.Dial("tcp", "127.0.0.1:1")
	_, unnamed := (&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no") }}).LookupHost(t.Context(), "nobody.example.")
	for _, err := range []error{refused, unnamed} {
		if err == nil || !answer.Unsent(err) {
			t.Errorf("%v: something was sent", err)
		}
	}
	for _, err := range []error{nil, errors.New("EOF"), context.DeadlineExceeded, &net.OpError{Op: "read", Err: errors.New("reset")}} {
		if answer.Unsent(err) {
			t.Errorf("%v: nothing was sent", err)
		}
	}
}

// TestClient: no proxy of the environment gets to see what is sent, unless the
// channel wants it.
func TestClient(t *testing.T) {
	if answer.Client(nil).Transport.(*http.Transport).Proxy != nil {
		t.Error("there is a proxy that nobody asked for")
	}
	if answer.Client(http.ProxyFromEnvironment).Transport.(*http.Transport).Proxy == nil {
		t.Error("the proxy is gone")
	}
}
