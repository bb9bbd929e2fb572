package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// BenchmarkHTTP compares checks, each over a new connection, with package
// net/http's client doing the same against the same server. The work of that
// server, as little as can be, is in all of them.
func BenchmarkHTTP(b *testing.B) {
	target := "http://" + serve(b, answersAll("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2029 00:00:00 GMT\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}")) + "/health"
	b.Run("check", func(b *testing.B) { benchmarkCheck(b, health.Spec{Target: target}) })
	b.Run("expect", func(b *testing.B) {
		benchmarkCheck(b, health.Spec{Target: target, Expect: `status == 200 and json.status == "OK"`})
	})
	b.Run("nethttp", func(b *testing.B) { benchmarkClient(b, target, nil) })
}

// BenchmarkHTTPS does so with TLS, over HTTP/1.1 and HTTP/2.
func BenchmarkHTTPS(b *testing.B) {
	ca := newAuthority(b)
	pem, err := os.ReadFile(ca.file)
	if err != nil {
		b.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	hello := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"status":"OK"}`) }
	for _, protocol := range []string{"http/1.1", "h2"} {
		target := "https://" + serveHTTP(b, ca.config(b, nil, protocol), hello) + "/health"
		b.Run(protocol+"/check", func(b *testing.B) { benchmarkCheck(b, health.Spec{Target: target, CAFile: ca.file}) })
		b.Run(protocol+"/nethttp", func(b *testing.B) { benchmarkClient(b, target, roots) })
	}
}

func benchmarkCheck(b *testing.B, spec health.Spec) {
	spec.Name = "x"
	probe, wrong := New(&spec, Env{Net: reach.New(reach.Options{})})
	if wrong != nil {
		b.Fatal(wrong)
	}
	measure(b, func(ctx context.Context) {
		if r := probe(ctx); r.Verdict != health.Pass {
			b.Fatal(r.Reason, r.Text)
		}
	})
}

func benchmarkClient(b *testing.B, target string, roots *x509.CertPool) {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true,
		DialContext:     (&net.Dialer{KeepAlive: -1}).DialContext,
		TLSClientConfig: &tls.Config{RootCAs: roots},
	}}
	measure(b, func(ctx context.Context) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	})
}

// measure reports the processor's time beside the clock's.
func measure(b *testing.B, ask func(context.Context)) {
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		ask(ctx)
		cancel()
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// processorTime returns what this process has used up.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// answersAll handles a connection as cheaply as can be: it says the same to
// everybody, and waits for the client to hang up.
func answersAll(answer string) func(net.Conn) {
	out := []byte(answer)
	return func(conn net.Conn) {
		in := make([]byte, 1024)
		if _, err := conn.Read(in); err == nil {
			conn.Write(out)
			conn.Read(in)
		}
	}
}
