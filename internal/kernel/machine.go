package kernel

import (
	"context"
	"fmt"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/port"
)

// Machine returns what is known of the machine. With an error, all but the
// time of its boot is still there.
func (r *Reader) Machine(ctx context.Context) (port.Machine, error) {
	if err := ctx.Err(); err != nil {
		return port.Machine{}, err
	}
	booted, err := r.proc.BootTime()
	if err != nil {
		err = fmt.Errorf("read machine: %w", err)
	}
	return port.Machine{
		Host:     r.proc.Host(),
		OS:       procfs.OSName(procfs.OSReleasePaths()...),
		Kernel:   r.proc.Release(),
		BootedAt: booted,
	}, err
}
