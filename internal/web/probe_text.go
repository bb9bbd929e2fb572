package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// An exposition is the answer to one probe in Prometheus's text format, version
// 0.0.4, by the names of blackbox_exporter and with no label that it does not
// have: dashboards and alerts made for it work as they are.
type exposition struct{ b bytes.Buffer }

// serveExposition writes what a result says.
func serveExposition(w http.ResponseWriter, spec *health.Spec, r *health.Result) {
	var e exposition
	e.result(spec, r)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(e.b.Bytes())
}

// result writes everything. The reason is a comment, for people: as a label it
// would make a series of its own for each.
func (e *exposition) result(spec *health.Spec, r *health.Result) {
	if r.Reason != "" {
		e.b.WriteString("# " + string(r.Reason) + ": " + r.Text.Clip(500) + "\n")
	}
	e.gauge("probe_success", "Whether the target passed.", number(r.Verdict.Up()))
	e.gauge("probe_duration_seconds", "How long the probe took.", seconds64(r.Took))
	var a health.Answer
	if r.Answer != nil {
		a = *r.Answer
	}
	e.gauge("probe_dns_lookup_time_seconds", "How long the lookup of the name took.", seconds64(a.Phases.Resolve))
	target, err := health.ParseTarget(spec.Target)
	if literal, ok := target.Addr(); ok && !a.Address.IsValid() {
		a.Address = literal // an answer does not repeat what the target says
	}
	if a.Address.IsValid() {
		version := 6.0
		if a.Address.Addr().Unmap().Is4() {
			version = 4
		}
		e.gauge("probe_ip_protocol", "The IP version that the target was asked by, 4 or 6.", version)
	}
	if err == nil && strings.HasPrefix(target.Kind, "http") {
		e.http(a.HTTP, &a, target.Kind == "https")
	}
	if a.TLS != nil {
		e.tls(a.TLS)
	}
}

// http writes what a response says; what was not reached is 0.
func (e *exposition) http(h *health.HTTP, a *health.Answer, secured bool) {
	if h == nil {
		h = &health.HTTP{}
	}
	const phases = "probe_http_duration_seconds"
	e.head(phases, "How long each phase of the request took; redirects are in it.")
	for _, p := range []struct {
		name string
		took health.Duration
	}{{"connect", a.Phases.Connect}, {"processing", a.Phases.Processing}, {"resolve", a.Phases.Resolve}, {"tls", a.Phases.TLS}, {"transfer", a.Phases.Transfer}} {
		e.sample(phases, `{phase="`+p.name+`"}`, seconds64(p.took))
	}
	e.gauge("probe_http_status_code", "The status of the response.", float64(h.Status))
	e.gauge("probe_http_content_length", "The length of the body as the response announces it; -1 when it does not.", float64(h.ContentLength))
	e.gauge("probe_http_uncompressed_body_length", "How many bytes of the body were read, after decompression.", float64(h.BodyBytes))
	e.gauge("probe_http_redirects", "How many redirects were followed.", float64(h.Redirects))
	e.gauge("probe_http_ssl", "Whether the response came by TLS.", number(secured && h.Status != 0))
	e.gauge("probe_http_version", "The version of HTTP of the response.", httpVersion(h.Protocol))
}

// tls writes what a handshake showed.
func (e *exposition) tls(t *health.TLS) {
	if !t.NotAfter.IsZero() {
		e.gauge("probe_ssl_earliest_cert_expiry", "When the first certificate of the chain expires, in seconds since 1970.", float64(t.NotAfter.Unix()))
	}
	e.head("probe_tls_version_info", "The version of TLS.")
	e.sample("probe_tls_version_info", `{version="`+labelValue(t.Version)+`"}`, 1)
}

// head writes what comes before a metric's samples.
func (e *exposition) head(name, help string) {
	e.b.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n")
}

// gauge writes a metric of one sample.
func (e *exposition) gauge(name, help string, value float64) {
	e.head(name, help)
	e.sample(name, "", value)
}

func (e *exposition) sample(name, labels string, value float64) {
	e.b.WriteString(name + labels + " " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// labelValue escapes a text for a label.
func labelValue(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(foreign.Text(text).String())
}

// number returns 1 for what is so.
func number(so bool) float64 {
	if so {
		return 1
	}
	return 0
}

// httpVersion returns the number in HTTP/1.1 and its like; 0 when there is none.
func httpVersion(protocol string) float64 {
	v, err := strconv.ParseFloat(strings.TrimPrefix(protocol, "HTTP/"), 64)
	if err != nil {
		return 0
	}
	return v
}

func seconds64(d health.Duration) float64 { return float64(d) / 1e9 }
