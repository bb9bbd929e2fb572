package sockdiag

import "testing"

func BenchmarkWalk(b *testing.B) {
	for _, bb := range []struct {
		name string
		q    Query
	}{
		{"listen", Query{Protocol: TCP, States: StatesOf(Listen), Memory: true}},
		{"udp", Query{Protocol: UDP, States: StatesOf(Closed), Memory: true}},
		{"established-none", Query{Protocol: TCP, States: StatesOf(Established), Ports: []uint16{1}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			enterNetNS(b)
			for range 10 {
				listen(b, "tcp", ":0")
			}
			c := newConn(b)
			var got ports
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Walk(b.Context(), bb.q, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
