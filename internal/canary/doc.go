// Package canary decides whether silence is our own fault. When a target does
// not answer at all, the cable may be out, the switch dead or the gateway gone,
// and then a thousand targets fall silent together that are all well.
//
// [Canary.Excuse] looks at what this machine knows of its own link, in this
// order:
//
//   - the route to the silent address: is there one;
//   - the link that it leaves by: is it up, has it a carrier;
//   - the gateway on that link: can it be found (ARP, neighbour discovery), does
//     it answer;
//   - the resolvers of resolv.conf that are reached the same way.
//
// Gateway and resolvers are witnesses. One that has never answered proves
// nothing by its silence: many a gateway answers nobody. One that did answer,
// and now does not, does. A witness says nothing about itself.
//
// Asking needs no privilege. A gateway is asked by an ICMP echo where the
// kernel permits it to everybody (net.ipv4.ping_group_range), by a datagram to
// a closed port, which ICMP says is closed, and by a TCP connection, which is
// refused or accepted; a resolver by a query for the root's name servers. The
// kernel's table of neighbours counts as well: a gateway that was confirmed
// there since we began to ask is alive, whatever else it does not answer.
//
// A witness may die alone, or be told by its firewall to answer us no more. So
// its silence counts for nothing once others were heard by the same path after
// it fell silent: the kernel confirmed it, or a target answered there, which
// [Options.Heard] tells.
//
// Beyond the gateway the resolvers are all that this machine knows. A gateway
// that answers while every resolver behind it has fallen silent is an uplink
// that was lost, or a resolver that died: then too silence proves nothing.
package canary
