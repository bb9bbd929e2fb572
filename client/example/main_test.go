package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A journal is what a portreeve was asked, which agrees to everything.
type journal struct {
	mu     sync.Mutex
	asked  []string
	target string
}

func (j *journal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct{ Target string }
	json.NewDecoder(r.Body).Decode(&body)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked = append(j.asked, r.Method+" "+r.URL.Path)
	if body.Target != "" {
		j.target = body.Target
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"name":"demo","outcome":"created","token":"prt_x"}`)
}

func (j *journal) has(request string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, a := range j.asked {
		if a == request {
			return true
		}
	}
	return false
}

// TestExample plays what its comment promises.
func TestExample(t *testing.T) {
	var j journal
	portreeve := httptest.NewServer(&j)
	defer portreeve.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-name", "demo", "-server", portreeve.URL}, &out)
	}()
	until(t, "signed up", func() bool { return j.has("POST /api/v1/checks") })
	j.mu.Lock()
	shop := "http://127.0.0.1:" + strings.TrimSuffix(strings.TrimPrefix(j.target, "http://:"), "/health")
	j.mu.Unlock()

	until(t, "well", func() bool {
		code, body := ask(t, "GET", shop+"/health")
		return code == 200 && strings.Contains(body, `"status":"pass"`)
	})
	ask(t, "POST", shop+"/ill?how=warn")
	until(t, "a warning", func() bool {
		code, body := ask(t, "GET", shop+"/health")
		return code == 200 && strings.Contains(body, "the cart is slow")
	})
	ask(t, "POST", shop+"/ill")
	until(t, "ill", func() bool {
		code, body := ask(t, "GET", shop+"/health")
		return code == 503 && strings.Contains(body, "the cart is gone")
	})
	if code, _ := ask(t, "POST", shop+"/ill?how=so"); code != 422 {
		t.Errorf("ill in an unknown way: %d", code)
	}
	ask(t, "POST", shop+"/well")
	until(t, "well again", func() bool { code, _ := ask(t, "GET", shop+"/health"); return code == 200 })
	for _, action := range []string{"pause", "resume"} {
		until(t, action, func() bool { code, _ := ask(t, "POST", shop+"/"+action); return code == 200 })
		if !j.has("POST /api/v1/checks/demo/" + action) {
			t.Errorf("portreeve has not heard of %s", action)
		}
	}
	interrupt()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if !j.has("DELETE /api/v1/checks/demo") || !strings.Contains(out.String(), "registered with portreeve") {
		t.Errorf("not signed off:\n%s", out.String())
	}
}

func TestMistakes(t *testing.T) {
	for _, args := range [][]string{{"-listen", "nowhere"}, {"-listen", "127.0.0.1:0", "-name", ""}, {"-listen", "127.0.0.1:0", "-server", "ftp://x"}, {"-port", "1"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// ask asks the shop.
func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func until(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
