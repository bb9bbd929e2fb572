package procfs

import "bytes"

// script returns the program that an interpreter was told to run, as a part of
// the content of /proc/PID/cmdline: a file, a module (python -m) or a class
// (java). It is nil when the program is none of these, such as text behind -e
// or an address on the network. Every other argument may hold a secret and is
// passed over.
func (d *dialect) script(cmdline []byte) []byte {
	args := arguments{cmdline}
	args.next() // the interpreter itself
	for len(args.rest) > 0 {
		arg := args.next()
		switch d.read(arg) {
		case isOption:
		case takesValue:
			args.next()
		case isProgram:
			return d.named(arg)
		case namesProgram:
			return d.named(args.next())
		case carriesProgram:
			return d.named(d.carried(arg))
		case isCode:
			return nil
		}
	}
	return nil
}

// named returns a program's name if it is one that may be kept.
func (d *dialect) named(program []byte) []byte {
	switch {
	case len(program) == 0, program[0] == '-': // standard input, or nonsense
		return nil
	case bytes.Contains(program, []byte("://")): // the address may hold a password
		return nil
	}
	return program
}

// An arguments cuts a command line at its NULs.
type arguments struct{ rest []byte }

// next returns the next argument; it is empty at the end.
func (a *arguments) next() []byte {
	arg, rest, _ := bytes.Cut(a.rest, []byte{0})
	a.rest = rest
	return arg
}

// A meaning is what one argument of an interpreter says about its program.
type meaning int

const (
	isOption       meaning = iota // nothing
	takesValue                    // nothing, and neither does the next
	isProgram                     // it is the program
	namesProgram                  // the next one is the program
	carriesProgram                // the program is written into it: -mhttp.server
	isCode                        // the program is text
)

// read returns the meaning of an argument that stands before the program.
func (d *dialect) read(arg []byte) meaning {
	switch {
	case string(arg) == "--":
		return namesProgram
	case len(arg) < 2 || arg[0] != '-':
		return d.word(arg)
	case among(arg, d.code):
		return isCode
	case among(arg, d.program):
		return namesProgram
	case among(arg, d.value):
		return takesValue
	case arg[1] != '-' && d.letters != nil:
		m, _ := d.cluster(arg)
		return m
	}
	return isOption
}

// word returns the meaning of an argument that is no option.
func (d *dialect) word(arg []byte) meaning {
	switch {
	case len(arg) == 0 || among(arg, d.words) || d.files && arg[0] == '@':
		return isOption
	case d.commands && bytes.IndexByte(arg, '.') < 0 && bytes.IndexByte(arg, '/') < 0:
		return isCode
	}
	return isProgram
}

// carried returns the program written into a cluster of letters.
func (d *dialect) carried(arg []byte) []byte {
	_, at := d.cluster(arg)
	return arg[at:]
}

// cluster returns the meaning of letters written as one argument (-um), and
// where the value of the last one begins.
func (d *dialect) cluster(arg []byte) (m meaning, value int) {
	for i, c := range arg[1:] {
		value = i + 2
		last := value == len(arg)
		switch {
		case c == ':' || has(d.letters.rest, c):
			return isOption, value
		case has(d.letters.code, c):
			return isCode, value
		case has(d.letters.program, c) && last:
			return namesProgram, value
		case has(d.letters.program, c):
			return carriesProgram, value
		case has(d.letters.value, c) && last:
			return takesValue, value
		case has(d.letters.value, c):
			return isOption, value
		}
	}
	return isOption, value
}

func has(letters string, c byte) bool {
	for i := range len(letters) {
		if letters[i] == c {
			return true
		}
	}
	return false
}

// among is slices.Contains without making a string of arg.
func among(arg []byte, words []string) bool {
	for _, w := range words {
		if string(arg) == w {
			return true
		}
	}
	return false
}
