package app

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

// A privilege is a capability(7) that portreeve can use, and what for.
type privilege struct {
	bit   int // include/uapi/linux/capability.h
	name  string
	gives string
}

func privileges() []privilege {
	return []privilege{
		{19, "CAP_SYS_PTRACE", "the processes behind other users' sockets"},
		{2, "CAP_DAC_READ_SEARCH", "the processes behind other users' sockets"},
		{21, "CAP_SYS_ADMIN", "the sockets of other network namespaces"},
	}
}

// dacOverride is the bit of CAP_DAC_OVERRIDE, which includes
// CAP_DAC_READ_SEARCH.
const dacOverride = 1

// examinePrivileges tells which capabilities are missing and what for.
func examinePrivileges(_ context.Context, p patient) []term.Finding {
	f := term.Finding{Area: "privileges", Condition: term.Well}
	set, err := effective(p.files)
	if err != nil {
		f.Condition, f.Text, f.Hint = term.Ailing, foreign.Text(err.Error()), "mount /proc"
		return one(f)
	}
	missing, lost := lacking(set)
	if len(missing) == 0 {
		f.Text = foreign.Text(fmt.Sprintf("all that is of use, as uid %d", os.Geteuid()))
		return one(f)
	}
	f.Condition = term.Ailing
	f.Text = foreign.Text(fmt.Sprintf("uid %d, without %s: hidden are %s", os.Geteuid(), strings.Join(missing, ", "), strings.Join(lost, ", and ")))
	f.Hint = "counting and checking need none; to see everything run as root, or grant it once: setcap " +
		strings.ToLower(strings.Join(missing, ",")) + "+ep " + ownPath()
	return one(f)
}

// ownPath returns the path of the running binary as a shell reads it.
func ownPath() string {
	path, err := os.Executable()
	if err != nil {
		return "the portreeve binary"
	}
	plain := func(r rune) bool {
		return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+", r))
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(foreign.Text(path).String(), "'", `'\''`) + "'"
}

// lacking returns the privileges that a set lacks, and what is lost by that.
func lacking(set uint64) (missing, lost []string) {
	for _, p := range privileges() {
		if set>>p.bit&1 == 1 || p.name == "CAP_DAC_READ_SEARCH" && set>>dacOverride&1 == 1 {
			continue
		}
		missing = append(missing, p.name)
		if len(lost) == 0 || lost[len(lost)-1] != p.gives {
			lost = append(lost, p.gives)
		}
	}
	return missing, lost
}

// effective returns the effective capabilities of this process.
func effective(files fs.FS) (uint64, error) {
	status, err := fs.ReadFile(files, "proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read capabilities: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if digits, ok := strings.CutPrefix(line, "CapEff:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 64)
			if err != nil {
				return 0, fmt.Errorf("read capabilities: %w", err)
			}
			return set, nil
		}
	}
	return 0, fmt.Errorf("read capabilities: proc/self/status has no CapEff")
}
