package app

import (
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/discovery"
	"github.com/portreeve/portreeve/internal/term"
)

// DoctorOptions are the words of `doctor`.
type DoctorOptions struct {
	JSON bool
}

// Doctor is `doctor`: it looks at what portreeve stands on here, and tells what
// will and what will not work, on out. It returns the Outcome Doubtful when
// something will not.
func Doctor(ctx context.Context, o DoctorOptions, out, errs io.Writer) error {
	progress := term.NewProgress(errs)
	progress.Show("looking at this machine …")
	findings := examine(ctx, newPatient())
	progress.Clear()
	if ctx.Err() != nil {
		return Interrupted
	}
	if o.JSON {
		if err := term.WriteDocument(out, report(findings)); err != nil {
			return err
		}
		return illness(findings)
	}
	if err := term.WriteFindings(out, findings); err != nil {
		return err
	}
	if err := term.Remark(errs, []term.Line{term.FindingsSummary(findings)}); err != nil {
		return err
	}
	return illness(findings)
}

func illness(findings []term.Finding) error {
	if slices.ContainsFunc(findings, func(f term.Finding) bool { return f.Condition == term.Ill }) {
		return Doubtful
	}
	return nil
}

// A patient is the machine as the exams see it.
type patient struct {
	files  fs.FS // from the root
	now    time.Time
	lookup func(ctx context.Context, name string) error
	limits func() (soft, hard uint64, err error)
	clock  func() (clockState, error)

	multicast func() (joined []string, refused error)
	browse    browser
}

func newPatient() patient {
	return patient{
		files: os.DirFS("/"), now: time.Now(), limits: fileLimits, clock: readClock,
		multicast: joinMulticast, browse: discovery.Browse,
		lookup: func(ctx context.Context, name string) error {
			_, err := (&net.Resolver{PreferGo: true}).LookupNetIP(ctx, "ip4", name)
			return err
		},
	}
}

// An exam looks at one thing. It takes some seconds at most, and must do with
// what it is allowed to see.
type exam func(context.Context, patient) []term.Finding

// exams lists them in the order in which they are told. To add one: write a
// file, add a line.
func exams() []exam {
	return []exam{examineKernel, examinePrivileges, examineLimits, examineMemory, examinePorts, examineNetwork, examineMulticast, examineResolver, examineClock}
}

// examLimit is how long exams may take.
const examLimit = 8 * time.Second

// examine runs all exams at once.
func examine(ctx context.Context, p patient) []term.Finding {
	ctx, cancel := context.WithTimeout(ctx, examLimit)
	defer cancel()
	all := exams()
	found := make([][]term.Finding, len(all))
	var wg sync.WaitGroup
	for i, look := range all {
		wg.Go(func() { found[i] = look(ctx, p) })
	}
	wg.Wait()
	return slices.Concat(found...)
}

// one returns a single finding.
func one(f term.Finding) []term.Finding { return []term.Finding{f} }
