package discovery

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"time"
)

// Lifetimes of records, in seconds: of those in which a host or its address is,
// and of the others (RFC 6762, 10).
const (
	hostTTL  = 120
	otherTTL = 4500
)

// A record is a resource record of class Internet.
type record struct {
	name  name
	typ   uint16
	flush bool   // nobody else has such a record: forget what was known
	ttl   uint32 // seconds; 0: goodbye
	data  string // as it is sent when names in it are not compressed
}

// A key says which record it is, whatever the case of its names and its TTL.
type key struct {
	name name
	typ  uint16
	data string
}

func (r record) key() key { return key{r.name.fold(), r.typ, foldData(r.typ, r.data)} }

// foldData returns data as it is compared, the names in it folded.
func foldData(typ uint16, data string) string {
	if at, ok := nameIn(typ); ok && len(data) >= at {
		return data[:at] + lower(data[at:])
	}
	return data
}

// nameIn returns where in the data of a type of record a name begins, that goes
// to the end. That of NSEC does not, and need not be compressed.
func nameIn(typ uint16) (int, bool) {
	switch typ {
	case typePTR:
		return 0, true
	case typeSRV:
		return srvHead, true
	}
	return 0, false
}

// compare orders records as RFC 6762, 8.2, does to see who of two that ask for a
// name at once may have it: by type and bytes of data.
func compare(a, b record) int {
	return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.data, b.data))
}

// expiry is when a record that was heard at a moment is to be forgotten. One
// that says goodbye lasts for a second, in which others who have it may object
// (RFC 6762, 10.1), and none lasts for more than a day: so long, and no longer,
// may a lie of once be believed.
func (r record) expiry(heard time.Time) time.Time {
	const least, most = 1, 24 * 60 * 60
	return heard.Add(time.Duration(min(max(r.ttl, least), most)) * time.Second)
}

// pointer returns a record that leads from a name to another.
func pointer(from, to name) record {
	return record{name: from, typ: typePTR, ttl: otherTTL, data: string(to)}
}

// srvHead is the length of what is before the name in an SRV record: priority,
// weight and port.
const srvHead = 6

// location returns a record that says where a service is (RFC 2782).
func location(instance, host name, port uint16) record {
	data := binary.BigEndian.AppendUint16(make([]byte, 4), port)
	return record{name: instance, typ: typeSRV, flush: true, ttl: hostTTL, data: string(data) + string(host)}
}

// place reads an SRV record.
func (r record) place() (host name, port uint16) {
	return name(r.data[srvHead:]), binary.BigEndian.Uint16([]byte(r.data[4:srvHead]))
}

// address returns a record of an address of a host.
func address(host name, a netip.Addr) record {
	typ := uint16(typeAAAA)
	if a.Is4() {
		typ = typeA
	}
	return record{name: host, typ: typ, flush: true, ttl: hostTTL, data: string(a.AsSlice())}
}

// addr reads an address record. The zero Addr means that it is none.
func (r record) addr() netip.Addr {
	if r.typ != typeA && r.typ != typeAAAA {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice([]byte(r.data))
	return a
}

// absence returns a record that says which types of records a name has, and so
// that it has no others (RFC 6762, 6.1). The types must be below 256.
func absence(of name, types ...uint16) record {
	bits := make([]byte, 32)
	length := 0
	for _, t := range types {
		bits[t/8] |= 0x80 >> (t % 8)
		length = max(length, int(t/8)+1)
	}
	return record{name: of, typ: typeNSEC, flush: true, ttl: hostTTL,
		data: string(of) + string([]byte{0, byte(length)}) + string(bits[:length])}
}
