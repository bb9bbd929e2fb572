package sockdiag

import (
	"encoding/binary"
	"slices"
)

// The codes of inet_diag's bytecode (linux/inet_diag.h). An instruction is
// {code u8, yes u8, no u16}: both are distances forward from its own start,
// "yes" being its own length. A comparison is followed by a word that holds
// the port where "no" would be. Port ordering is as old as the bytecode;
// equality came with Linux 4.16, and is not needed.
const (
	opJump = 1 // INET_DIAG_BC_JMP
	opGE   = 2 // INET_DIAG_BC_S_GE: local port >= operand
	opLE   = 3 // INET_DIAG_BC_S_LE: local port <= operand

	jumpSize    = 4
	compareSize = 8
)

// maxSpans bounds a program to 10 KiB. The kernel audits it on every request
// in time that grows with the square of its inner nodes, about half a
// millisecond at this bound.
const maxSpans = 512

// A span is a range of consecutive ports, both ends inclusive.
type span struct{ low, high uint16 }

// A portFilter compiles sets of local ports to bytecode and keeps the last.
type portFilter struct {
	ports   []uint16
	spans   []span
	program []byte
}

// compile returns the program that accepts the ports, which are ascending. It
// is valid until the next call.
func (f *portFilter) compile(ports []uint16) []byte {
	if !slices.Equal(ports, f.ports) || len(f.program) == 0 {
		f.ports = append(f.ports[:0], ports...)
		f.spans = appendSpans(f.spans[:0], ports)
		f.program = appendProgram(f.program[:0], f.spans)
	}
	return f.program
}

// appendSpans appends the spans that cover the ports: exactly these ports
// when at most maxSpans do, else with the narrowest gaps filled in.
func appendSpans(to []span, ports []uint16) []span {
	for gap := 1; ; gap *= 2 {
		spans := to
		for _, p := range ports {
			if last := len(spans) - 1; last >= len(to) && int(p)-int(spans[last].high) <= gap {
				spans[last].high = p
			} else {
				spans = append(spans, span{p, p})
			}
		}
		if len(spans)-len(to) <= maxSpans {
			return spans
		}
	}
}

// appendProgram appends a balanced decision tree over the spans, so that a
// socket costs the logarithm of their number.
//
// An inner node asks whether the port reaches the lower end of the right half
// and falls through to that half if so, else jumps to the left one. Every
// leaf but the leftmost is thereby known to be reached from below, and asks
// for its upper end alone. The leftmost leaf comes last and asks for both
// ends. Running off the end exactly is to accept, overshooting it by one word
// is to reject (inet_diag_bc_run). Since "yes" is always the length of the
// instruction itself, every instruction is on the chain of "yes" steps from
// the start, where the kernel demands all targets to be (inet_diag_bc_audit).
func appendProgram(b []byte, spans []span) []byte {
	if len(spans) == 0 {
		return b
	}
	size := (len(spans)-1)*(2*compareSize+jumpSize) + 2*compareSize
	t := tree{code: b, end: len(b) + size}
	t.add(spans, true)
	return t.code
}

// A tree is a program under construction whose end is known beforehand.
type tree struct {
	code []byte
	end  int
}

func (t *tree) add(spans []span, leftmost bool) {
	switch {
	case len(spans) > 1:
		middle := len(spans) / 2
		node := len(t.code)
		t.compare(opGE, spans[middle].low)
		t.add(spans[middle:], false)
		binary.NativeEndian.PutUint16(t.code[node+2:], uint16(len(t.code)-node))
		t.add(spans[:middle], leftmost)
	case leftmost:
		t.compare(opGE, spans[0].low)
		t.compare(opLE, spans[0].high)
	default:
		t.compare(opLE, spans[0].high)
		t.instruction(opJump, jumpSize, t.end-len(t.code))
	}
}

// compare adds a comparison that rejects when it does not hold.
func (t *tree) compare(code uint8, port uint16) {
	t.instruction(code, compareSize, t.end-len(t.code)+4)
	t.instruction(0, 0, int(port))
}

func (t *tree) instruction(code, yes uint8, no int) {
	t.code = binary.NativeEndian.AppendUint16(append(t.code, code, yes), uint16(no))
}
