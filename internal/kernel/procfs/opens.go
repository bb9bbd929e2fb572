package procfs

import "bytes"

// Opens returns how many TCP connections have been opened since boot, to and
// from the reader's network namespace: ActiveOpens and PassiveOpens of RFC
// 4022, which net/snmp has as the fifth and sixth figure of its second Tcp line.
func (f *FS) Opens() (uint64, error) {
	s := f.borrow()
	defer f.giveBack(s)
	var active, passive uint64
	okActive, okPassive := false, false
	err := f.in(s, "net/snmp").lines(func(b []byte) bool {
		if digits, ok := bytes.CutPrefix(b, []byte("Tcp: ")); !ok || len(digits) == 0 || digits[0] < '0' || digits[0] > '9' {
			return true
		}
		words := fields{b}
		for range 5 { // the word itself, RtoAlgorithm, RtoMin, RtoMax, MaxConn
			words.next()
		}
		active, okActive = decimal(words.next(), 64)
		passive, okPassive = decimal(words.next(), 64)
		return false
	})
	if err == nil && (!okActive || !okPassive) {
		err = ErrFormat
	}
	return active + passive, s.failed(err)
}
