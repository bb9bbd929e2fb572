package app

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/kernel"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

// oldestKernel is the oldest that is tested: CentOS 8's.
const oldestKernel = "4.18"

// examineKernel looks at sockets as `ports` and `serve` do, and tells what
// could not be seen.
func examineKernel(ctx context.Context, p patient) []term.Finding {
	reader, err := kernel.Open(kernel.Options{})
	if err != nil {
		return one(term.Finding{Area: "sockets", Condition: term.Ill, Text: foreign.Text(err.Error()),
			Hint: "mount /proc, or allow AF_NETLINK sockets (RestrictAddressFamilies= of a systemd unit)"})
	}
	defer reader.Close()
	machine, _ := reader.Machine(ctx) // without the time of its boot, perhaps
	findings := one(kernelFinding(machine, p.now))
	var seen port.Listening
	if err := reader.Listeners(ctx, &seen); err != nil {
		return append(findings, term.Finding{Area: "sockets", Condition: term.Ill, Text: foreign.Text(err.Error())})
	}
	return append(findings, socketFindings(seen)...)
}

// kernelFinding tells on what we run.
func kernelFinding(m port.Machine, now time.Time) term.Finding {
	f := term.Finding{Area: "kernel", Condition: term.Well, Text: foreign.Text(fmt.Sprintf("%s, kernel %s", cmp.Or(m.OS.String(), "unknown system"), m.Kernel))}
	if !m.BootedAt.IsZero() {
		f.Text += foreign.Text(", up " + uptimeText(now.Sub(m.BootedAt)))
	}
	if olderKernel(m.Kernel, oldestKernel) {
		f.Condition, f.Hint = term.Ailing, "portreeve is tested with kernels from "+oldestKernel+" on"
	}
	return f
}

// uptimeText writes a time as uptime(1) does, more or less: 2d2h, 3h49m, 12m.
func uptimeText(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dm", max(d, 0)/time.Minute)
}

// olderKernel compares releases such as 4.18.0-553.el8 by their two numbers. A
// release without numbers is not older.
func olderKernel(release, than string) bool {
	a, okA := kernelNumbers(release)
	b, okB := kernelNumbers(than)
	return okA && okB && (a[0] < b[0] || a[0] == b[0] && a[1] < b[1])
}

func kernelNumbers(release string) (numbers [2]int, ok bool) {
	words := strings.FieldsFunc(release, func(r rune) bool { return r < '0' || r > '9' })
	if len(words) < 2 {
		return numbers, false
	}
	for i := range numbers {
		n, err := strconv.Atoi(words[i])
		if err != nil {
			return numbers, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// socketFindings tells how sockets are read, and what is missing.
func socketFindings(seen port.Listening) []term.Finding {
	findings := one(term.Finding{Area: "sockets", Condition: term.Well,
		Text: foreign.Text(fmt.Sprintf("those that listen (%d) are seen, by %s", len(seen.Sockets), seen.Source))})
	for _, d := range seen.Degraded {
		findings = append(findings, term.Finding{Area: d.Code, Condition: term.Ailing, Text: foreign.Text(d.Text), Hint: d.Hint})
	}
	return findings
}
