//go:build long

package mirror_test

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/internal/mirror/mirrortest"
)

// kills is how often each server is killed under load.
const kills = 100

func TestPostgresLong(t *testing.T) { endures(t, debian.StartPostgres) }

func TestMariaDBLong(t *testing.T) { endures(t, debian.StartMariaDB) }

// endures tests troubles that last longer than all that a mirror waits for.
func endures(t *testing.T, start func(testing.TB) *debian.Server) {
	t.Parallel()
	server := start(t)
	for name, test := range map[string]func(*testing.T, mirrortest.Server, time.Duration){
		"Locked": mirrortest.Locked, "Frozen": mirrortest.Frozen, "Absent": mirrortest.Absent,
	} {
		t.Run(name, func(t *testing.T) { test(t, server, time.Minute) })
	}
}
