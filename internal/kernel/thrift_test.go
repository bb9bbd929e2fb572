package kernel

import (
	"testing"
	"time"
)

func TestThriftPausesInACrowd(t *testing.T) {
	tests := []struct {
		name  string
		rates []float64 // connections opened per second, from figure to figure
		want  string    // after each: + subscribed, - paused
	}{
		{"calm", []float64{10, 100, 399}, "+++"},
		{"a crowd, and calm again", []float64{10, 500, 450, 150}, "+--+"},
		{"what is neither leaves things as they are", []float64{300, 500, 300, 250}, "+---"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var th thrift
			at, opens := time.Unix(1_700_000_000, 0), uint64(1_000_000)
			if th.judge(at, opens) {
				t.Error("the first figure, of all since boot, decided something")
			}
			got := ""
			for _, rate := range tt.rates {
				at, opens = at.Add(thriftEvery), opens+uint64(rate*thriftEvery.Seconds())
				th.judge(at, opens)
				got += map[bool]string{true: "-", false: "+"}[th.paused]
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
