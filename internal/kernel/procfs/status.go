package procfs

import "bytes"

// statusLine returns the words after key in the content of /proc/PID/status,
// proc_pid_status(5). The only foreign word in it, the name, cannot pose as
// another line: the kernel escapes line breaks there.
func statusLine(status []byte, key string) (words fields, ok bool) {
	for len(status) > 0 {
		line, rest, _ := bytes.Cut(status, []byte{'\n'})
		if len(line) >= len(key) && string(line[:len(key)]) == key {
			return fields{line[len(key):]}, true
		}
		status = rest
	}
	return fields{}, false
}

// effectiveUID returns the user in whose name a process acts.
func effectiveUID(status []byte) (uint32, bool) {
	words, ok := statusLine(status, "Uid:")
	words.skip(1) // the real one
	uid, isNumber := decimal(words.next(), 32)
	return uint32(uid), ok && isNumber
}

// uid returns the user in whose name a process acts.
func (f *FS) uid(s *scratch, pid int) (uint32, error) {
	b, err := f.of(s, pid, "status").read()
	if err != nil {
		return 0, err
	}
	uid, ok := effectiveUID(b)
	if !ok {
		return 0, ErrFormat
	}
	return uid, nil
}
