package sockdiag

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// run interprets a program for one local port, as inet_diag_bc_run does, and
// counts its steps.
func run(program []byte, port uint16) (accepted bool, steps int) {
	rest := len(program)
	for at := 0; rest > 0; steps++ {
		yes := true
		switch op := program[at:]; op[0] {
		case opJump:
			yes = false
		case opGE:
			yes = port >= operand(op)
		case opLE:
			yes = port <= operand(op)
		}
		jump := int(program[at+1])
		if !yes {
			jump = int(binary.NativeEndian.Uint16(program[at+2:]))
		}
		at, rest = at+jump, rest-jump
	}
	return rest == 0, steps
}

func operand(op []byte) uint16 { return binary.NativeEndian.Uint16(op[compareSize-2:]) }

// audit holds a program against the kernel's rules, as inet_diag_bc_audit and
// valid_cc do.
func audit(program []byte) error {
	for rest := len(program); rest > 0; {
		op := program[len(program)-rest:]
		least := map[uint8]int{opJump: jumpSize, opGE: compareSize, opLE: compareSize}[op[0]]
		yes, no := int(op[1]), int(binary.NativeEndian.Uint16(op[2:]))
		switch {
		case least == 0 || rest < least:
			return fmt.Errorf("bad instruction %d at %d", op[0], len(program)-rest)
		case no < least || no > rest+4 || no&3 != 0:
			return fmt.Errorf("bad no %d at %d", no, len(program)-rest)
		case no < rest && !onChain(program, rest-no):
			return fmt.Errorf("no %d at %d leads between instructions", no, len(program)-rest)
		case yes < least || yes > rest+4 || yes&3 != 0:
			return fmt.Errorf("bad yes %d at %d", yes, len(program)-rest)
		}
		rest -= yes
	}
	return nil
}

// onChain reports whether the place with that much left is reached by yes
// steps from the start.
func onChain(program []byte, left int) bool {
	rest := len(program)
	for rest > left {
		rest -= int(program[len(program)-rest+1])
	}
	return rest == left
}

func portSets() *rapid.Generator[[]uint16] {
	return rapid.Custom(func(t *rapid.T) []uint16 {
		ports := rapid.SliceOfN(rapid.Uint16(), 1, 300).Draw(t, "ports")
		for range rapid.IntRange(0, 3).Draw(t, "runs") {
			low := rapid.Uint16Range(0, 65000).Draw(t, "low")
			for i := range rapid.Uint16Range(1, 100).Draw(t, "length") {
				ports = append(ports, low+i)
			}
		}
		slices.Sort(ports)
		return slices.Compact(ports)
	})
}

func TestProgramAcceptsThePortsAndNoOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ports := portSets().Draw(t, "set")
		var f portFilter
		program := f.compile(ports)
		if err := audit(program); err != nil {
			t.Fatalf("the kernel would refuse it: %v", err)
		}
		// Three comparisons at the leaf, one per level above it.
		most := bits.Len(uint(len(f.spans)-1)) + 3
		for p := range 1 << 16 {
			_, wanted := slices.BinarySearch(ports, uint16(p))
			accepted, steps := run(program, uint16(p))
			if accepted != wanted || steps > most {
				t.Fatalf("port %d: accepted %v in %d steps, want %v in at most %d", p, accepted, steps, wanted, most)
			}
		}
	})
}

func TestProgramShapes(t *testing.T) {
	tests := []struct {
		name  string
		ports []uint16
		spans []span
	}{
		{"two ports apart", []uint16{80, 443}, []span{{80, 80}, {443, 443}}},
		{"consecutive ports are one range", []uint16{3000, 3001, 3002}, []span{{3000, 3002}}},
		{"the ends of the number line", []uint16{0, 65535}, []span{{0, 0}, {65535, 65535}}},
		{"ranges and single ports", []uint16{1, 2, 9, 11, 12}, []span{{1, 2}, {9, 9}, {11, 12}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := appendSpans(nil, tt.ports); !slices.Equal(got, tt.spans) {
				t.Errorf("spans %v, want %v", got, tt.spans)
			}
		})
	}
}

func TestManyGapsAreFilteredCoarsely(t *testing.T) {
	var even []uint16
	for p := 0; p < 1<<16; p += 2 {
		even = append(even, uint16(p))
	}
	far := []uint16{1, 20000, 65535}
	if got := appendSpans(nil, even); len(got) != 1 || got[0] != (span{0, 65534}) {
		t.Errorf("every second port: %v", got)
	}
	if got := appendSpans(nil, far); len(got) != len(far) {
		t.Errorf("a small set must stay exact: %v", got)
	}
	var f portFilter
	f.compile(even)
	if got := f.compile(far); !slices.Equal(got, (&portFilter{}).compile(far)) {
		t.Error("a filter must not keep the last set when the set changes")
	}
}

// TestKernelFiltersAsTheInterpreter walks real listeners with filters that
// cover some of them, beyond the point where spans are merged.
func TestKernelFiltersAsTheInterpreter(t *testing.T) {
	enterNetNS(t)
	var open []uint16
	for i := range 400 {
		p := uint16(10000 + 7*i + i%3)
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		open = append(open, p)
	}
	c := newConn(t)
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SliceOfN(rapid.Uint16Range(9990, 12900), 1, 600).Draw(t, "asked")
		asked = append(asked, rapid.SliceOfN(rapid.SampledFrom(open), 0, 200).Draw(t, "of the open")...)
		slices.Sort(asked)
		asked = slices.Compact(asked)
		var got ports
		if err := c.Walk(t.Context(), Query{Protocol: TCP, States: StatesOf(Listen), Ports: asked}, &got); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		var f portFilter
		program := f.compile(asked)
		want := slices.DeleteFunc(slices.Clone(open), func(p uint16) bool {
			if len(asked) == 1 {
				return p != asked[0]
			}
			accepted, _ := run(program, p)
			return !accepted
		})
		if !slices.Equal(got, want) {
			t.Fatalf("asked for %v: got %v, want %v", asked, got, want)
		}
	})
}
