package procfs

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"
)

// A Row is one socket of a table below net/, with the kernel's numbers: State
// is one of include/net/tcp_states.h (10 is LISTEN, 7 an unconnected UDP
// socket). In the row of a listening TCP socket RxQueue is the number of
// connections that wait for accept. Addresses of IPv4 in an IPv6 table stay
// v4-mapped. Drops is told by the udp tables alone.
type Row struct {
	Local, Remote    netip.AddrPort
	State            uint8
	RxQueue, TxQueue uint32
	UID              uint32
	Inode            uint64 // 0 when no descriptor refers to the socket: unaccepted, TIME_WAIT
	Drops            uint32
}

// parse reads one line as tcp4_seq_show (net/ipv4/tcp_ipv4.c) and its kin for
// tcp6, udp and udp6 print it:
//
//	sl: local remote st tx:rx tr:when retrnsmt uid timeout inode ref pointer [drops]
func (r *Row) parse(line []byte, drops bool) bool {
	f := fields{line}
	sl := f.next()
	if len(sl) < 2 || sl[len(sl)-1] != ':' {
		return false
	}
	local, okLocal := addrPort(f.next())
	remote, okRemote := addrPort(f.next())
	state, okState := hexadecimal(f.next())
	tx, rx, okQueue := queues(f.next())
	f.skip(2)
	uid, okUID := decimal(f.next(), 32)
	f.skip(1)
	inode, okInode := decimal(f.next(), 64)
	if !okLocal || !okRemote || !okState || state > math.MaxUint8 || !okQueue || !okUID || !okInode {
		return false
	}
	*r = Row{local, remote, uint8(state), rx, tx, uint32(uid), inode, 0}
	if !drops {
		return true
	}
	f.skip(2)
	var ok bool
	r.Drops, ok = counter(f.next())
	return ok
}

// counter reads a 32-bit counter that older kernels print with a sign (udp4_format_sock
// before Linux 5.3).
func counter(b []byte) (uint32, bool) {
	digits, negative := bytes.CutPrefix(b, []byte{'-'})
	n, ok := decimal(digits, 32)
	if negative {
		return -uint32(n), ok && n <= 1<<31
	}
	return uint32(n), ok
}

// queues reads tx_queue:rx_queue.
func queues(b []byte) (tx, rx uint32, ok bool) {
	if len(b) != 17 || b[8] != ':' {
		return 0, 0, false
	}
	t, okTx := hexadecimal(b[:8])
	r, okRx := hexadecimal(b[9:])
	return uint32(t), uint32(r), okTx && okRx
}

// addrPort reads an address as the kernel prints it: 32-bit words in the byte
// order of the machine, then the port as a plain number.
func addrPort(b []byte) (netip.AddrPort, bool) {
	words, digits, _ := bytes.Cut(b, []byte{':'})
	port, ok := hexadecimal(digits)
	if !ok || port > math.MaxUint16 || len(words) != 8 && len(words) != 32 {
		return netip.AddrPort{}, false
	}
	var addr [16]byte
	for i := 0; i < len(words); i += 8 {
		word, ok := hexadecimal(words[i : i+8])
		if !ok {
			return netip.AddrPort{}, false
		}
		binary.NativeEndian.PutUint32(addr[i/2:], uint32(word))
	}
	if len(words) == 8 {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(addr[:4])), uint16(port)), true
	}
	return netip.AddrPortFrom(netip.AddrFrom16(addr), uint16(port)), true
}
