package port

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Machine is what the observer knows of the host it looks at.
type Machine struct {
	Host     string       `json:"host"`
	OS       foreign.Text `json:"os"`     // PRETTY_NAME of os-release(5)
	Kernel   string       `json:"kernel"` // release, as uname -r
	BootedAt time.Time    `json:"booted_at"`
}
