package app

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

const townConfig = "registration: {enabled: true, allow: [10.0.0.0/8]}\nchecks: []\n"

// configured writes n checks as the crowd of a town signs them up.
func configured(n int) string {
	var b strings.Builder
	b.WriteString("registration: {enabled: true}\nchecks:\n")
	for i := range n {
		host := fmt.Sprintf("10.0.%d.%d:%d", i/64/250, 1+i/64%250, 1+i%64)
		if i%2 == 0 {
			fmt.Fprintf(&b, "  - {name: app-%d, target: 'http://%s/health', interval: 300s, expect: 'status == 200 and json.status != \"%d\"'}\n", i, host, i%4)
		} else {
			fmt.Fprintf(&b, "  - {name: app-%d, target: 'tcp://%s', interval: 300s}\n", i, host)
		}
	}
	return b.String()
}

// held returns how many bytes are in use.
func held() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkReloadOfACrowd is a reload that has changed nothing for 10,000 checks
// that apps have signed up. It tells what each of them takes in memory, beside one
// that is configured.
func BenchmarkReloadOfACrowd(b *testing.B) {
	const crowd = 10_000
	b.Run("registered", func(b *testing.B) {
		v := found(b, b.TempDir(), townConfig)
		defer v.close()
		before := held()
		v.crowd(b, crowd, "10.0")
		each := (held() - before) / crowd
		for b.Loop() {
			v.reloads.reload()
		}
		b.ReportMetric(each, "B/check")
	})
	b.Run("configured", func(b *testing.B) {
		before := held()
		v := found(b, b.TempDir(), configured(crowd))
		defer v.close()
		each := (held() - before) / crowd
		for b.Loop() {
			v.reloads.reload()
		}
		b.ReportMetric(each, "B/check")
	})
}
