package procfs

// A fields cuts a line at its white space.
type fields struct{ rest []byte }

// next returns the next field; it is empty at the end of the line.
func (f *fields) next() []byte {
	start := 0
	for start < len(f.rest) && blank(f.rest[start]) {
		start++
	}
	end := start
	for end < len(f.rest) && !blank(f.rest[end]) {
		end++
	}
	field := f.rest[start:end]
	f.rest = f.rest[end:]
	return field
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// skip passes over n fields.
func (f *fields) skip(n int) {
	for range n {
		f.next()
	}
}
