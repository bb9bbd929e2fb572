package procfs

// decimal reads an unsigned number of at most bits bits, digits only.
func decimal(b []byte, bits int) (uint64, bool) {
	var n uint64
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || n > (1<<64-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(b) > 0 && n>>(bits-1)>>1 == 0
}

// hexadecimal reads an unsigned number of at most 16 digits.
func hexadecimal(b []byte) (uint64, bool) {
	var n uint64
	for _, c := range b {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		n = n<<4 | uint64(d)
	}
	return n, 0 < len(b) && len(b) <= 16
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// bracketed reads the number in a link such as socket:[4711].
func bracketed(link []byte, kind string) (uint64, bool) {
	if len(link) < len(kind)+3 || string(link[:len(kind)]) != kind {
		return 0, false
	}
	rest := link[len(kind):]
	if rest[0] != ':' || rest[1] != '[' || rest[len(rest)-1] != ']' {
		return 0, false
	}
	return decimal(rest[2:len(rest)-1], 64)
}
