package procfs

import "bytes"

// lines visits every line of an open file, without its end, until visit
// returns false. A line that does not fit into buf is cut short.
func lines(fd int, buf []byte, visit func(line []byte) bool) error {
	end, cut := 0, false
	for {
		n, err := read(fd, buf[end:])
		if err != nil {
			return err
		}
		if n == 0 {
			if end > 0 && !cut {
				visit(buf[:end])
			}
			return nil
		}
		rest := buf[:end+n]
		for {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			if !cut && !visit(rest[:i]) {
				return nil
			}
			rest, cut = rest[i+1:], false
		}
		end = copy(buf, rest)
		if end == len(buf) {
			if !cut && !visit(buf) {
				return nil
			}
			end, cut = 0, true
		}
	}
}
