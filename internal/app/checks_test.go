package app

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestParseChecksComeFromFlags(t *testing.T) {
	specs := ParseChecks([]string{" tcp://db:5432", "cache:6379"}, time.Minute)
	if len(specs) != 2 || specs[0].Name != "db-5432" || specs[1].Name != "cache-6379" || specs[0].Origin != health.FromFlag || specs[0].Interval != health.Duration(time.Minute) {
		t.Errorf("ParseChecks = %+v", specs)
	}
}
