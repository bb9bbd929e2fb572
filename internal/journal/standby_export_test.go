package journal

import (
	"context"
	"time"
)

// Impatient has a standby wait for locks for a moment only.
func Impatient(s *Standby) { s.engine.patience(context.Background(), time.Millisecond) }
