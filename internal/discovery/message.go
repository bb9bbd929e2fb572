package discovery

// maxPacket is the largest message of multicast DNS, IP and UDP headers
// included (RFC 6762, 17).
const maxPacket = 9000

// A message is a packet of multicast DNS. Records of other classes than
// Internet and of types that we have no use for are left out of it.
type message struct {
	id        uint16 // matters to simple resolvers only (RFC 6762, 18.1)
	response  bool
	truncated bool // in a query: more known answers follow (RFC 6762, 7.2)

	questions                       []question
	answers, authority, additionals []record
}

// The types of records (RFC 1035, 3596, 2782, 4034).
const (
	typeA    = 1
	typePTR  = 12
	typeTXT  = 16
	typeAAAA = 28
	typeSRV  = 33
	typeNSEC = 47
	typeANY  = 255 // in questions: all
)

const (
	classIN  = 1
	classANY = 255
	// classTop is no part of the class: in questions it asks for an answer to the
	// asker alone, in records it tells to forget what was known (RFC 6762, 5.4, 10.2).
	classTop = 0x8000
)

// A question asks for the records of a name.
type question struct {
	name    name
	typ     uint16
	unicast bool // the answer may go to the asker alone (QU)
}
