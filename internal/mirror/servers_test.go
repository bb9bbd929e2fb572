package mirror_test

import (
	"testing"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/internal/mirror/mirrortest"
)

func TestPostgres(t *testing.T) { conforms(t, debian.StartPostgres) }

func TestMariaDB(t *testing.T) { conforms(t, debian.StartMariaDB) }

func conforms(t *testing.T, start func(testing.TB) *debian.Server) {
	t.Parallel()
	server := start(t)
	mirrortest.Run(t, server)
	t.Run("Kills", func(t *testing.T) { mirrortest.Kills(t, server, kills) })
}
