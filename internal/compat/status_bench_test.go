package compat

import (
	"fmt"
	"testing"

	"github.com/portreeve/portreeve/internal/registration"
)

// BenchmarkStatus makes a page of as many apps as there may be.
func BenchmarkStatus(b *testing.B) {
	h, s := newWorld()
	for i := range 10_000 {
		r, _, wrong := registration.Request{Name: fmt.Sprintf("app%05d", i), Target: fmt.Sprintf("http://192.0.2.%d:3000/health", i%250)}.Define(callerAt(ann), registration.Terms{})
		if len(wrong) > 0 {
			b.Fatal(wrong)
		}
		s.regs[r.Spec.Name] = r
	}
	b.ReportAllocs()
	for b.Loop() {
		if rec := (call{path: "status", headers: []string{"Accept", "text/html"}}).send(h); rec.Code != 200 {
			b.Fatal(rec.Code)
		}
	}
}

// BenchmarkMonitor signs up what is not to be had, as a crowd does.
func BenchmarkMonitor(b *testing.B) {
	h, s := newWorld()
	s.fails = &registration.Refusal{Because: registration.Full}
	b.ReportAllocs()
	for b.Loop() {
		if rec := post(h, ann, "appname=shop&url=http://:3000&email=ops@example.org"); rec.Code != 403 {
			b.Fatal(rec.Code)
		}
	}
}
