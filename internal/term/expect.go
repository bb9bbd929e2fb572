package term

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// Expect writes the rows as the block of a configuration file that says who
// should hold which port, so that today's state is what is expected from now
// on. What should not be held to it is said in a comment: ports in the
// ephemeral range, which are given out by chance, and other namespaces.
func Expect(v *board.View, rows []port.Listener) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# what listened on %s at %s\n", foreign.Text(v.Machine.Host), v.Look.ListenersAt.UTC().Format(time.RFC3339))
	var kept []*port.Listener
	for i := range rows {
		l := &rows[i]
		if why := unfit(l); why != "" {
			fmt.Fprintf(&b, "# left out: %d/%s %s (%s)\n", l.Port, l.Proto, unknown(l.Service.Name.String()), why)
			continue
		}
		kept = append(kept, l)
	}
	b.WriteString("ports:\n  expect:")
	if len(kept) == 0 {
		b.WriteString(" []")
	}
	b.WriteString("\n")
	names := expectNames(kept)
	for i, l := range kept {
		fmt.Fprintf(&b, "    - {name: %s, %s}%s\n", scalar(names[i]), expectation(l), reservation(l))
	}
	return b.String()
}

// unfit says why a row should not be expected, or "".
func unfit(l *port.Listener) string {
	switch {
	case l.Foreign:
		return "in another network namespace"
	case l.Ephemeral:
		return "ephemeral port"
	}
	return ""
}

// expectation writes what is expected of a row, but for its name.
func expectation(l *port.Listener) string {
	fields := []string{fmt.Sprintf("port: %d", l.Port)}
	if l.Proto != port.TCP {
		fields = append(fields, "proto: "+string(l.Proto))
	}
	if p := l.Owner.Leader; p != nil {
		fields = append(fields, "process: "+scalar(processName(p)))
	}
	return strings.Join(append(fields, "scope: "+string(l.Scope)), ", ")
}

// reservation is the comment on a row of which not all is known.
func reservation(l *port.Listener) string {
	if l.Owner.Leader != nil {
		return ""
	}
	return "  # owner unknown: " + unseenText(l.Owner.Reason)
}

// processName returns a process's executable, which it cannot choose, without
// its directory; else its name.
func processName(p *port.Process) string {
	if p.Exe != "" {
		return path.Base(string(p.Exe))
	}
	return string(p.Name)
}

// expectNames returns a name for each row: its service's, with the port where
// more than one row would have it.
func expectNames(rows []*port.Listener) []string {
	bases := make([]string, len(rows))
	uses := map[string]int{}
	for i, l := range rows {
		bases[i] = baseName(l)
		uses[bases[i]]++
	}
	taken := map[string]bool{}
	for i, l := range rows {
		name := bases[i]
		if uses[name] > 1 {
			name = suffixed(name, strconv.Itoa(int(l.Port)))
		}
		if taken[name] {
			name = suffixed(name, string(l.Proto))
		}
		for n := 2; taken[name]; n++ {
			name = suffixed(name, strconv.Itoa(n))
		}
		taken[name] = true
		bases[i] = name
	}
	return bases
}

// maxName is the longest name that a check or an expectation may have.
const maxName = 63

func suffixed(name, suffix string) string {
	return strings.TrimRight(name[:min(len(name), maxName-1-len(suffix))], "-._") + "-" + suffix
}

// baseName makes a valid name of a row's service: [a-z0-9][a-z0-9._-]{0,62},
// and not of the reserved kind "portreeve.…".
func baseName(l *port.Listener) string {
	name := strings.ToLower(string(l.Service.Name))
	for _, suffix := range []string{".service", ".socket", ".scope"} {
		name = strings.TrimSuffix(name, suffix)
	}
	name = strings.Trim(foreignName.ReplaceAllString(name, "-"), "-._")
	if rest, ours := strings.CutPrefix(name, "portreeve."); ours {
		name = "portreeve-" + rest
	}
	if name == "" {
		name = "port-" + strconv.Itoa(int(l.Port))
	}
	return name[:min(len(name), maxName)]
}

var foreignName = regexp.MustCompile(`[^a-z0-9._-]+`)

// scalar writes a string for a YAML flow mapping: plain where no reader could
// take it for anything else, else between double quotes, whose escapes are a
// superset of Go's but for bytes that are no text.
func scalar(text string) string {
	if plainScalar.MatchString(text) && !reservedScalar.MatchString(text) {
		return text
	}
	return strconv.Quote(strings.ToValidUTF8(text, "\uFFFD"))
}

var (
	plainScalar    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`)
	reservedScalar = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|\.inf|\.nan)$`)
)
