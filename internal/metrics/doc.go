// Package metrics tells Prometheus what a board knows: by a scrape ([Handler])
// or through a file that node_exporter's textfile collector reads
// ([WriteTextfile]). What is told of ports is made from one [board.View], so its
// numbers belong together; checks follow from one that may be a moment younger.
// What is gone is gone from the next exposition.
//
// # What is covered
//
// Ports that the user watches, and ports outside the ephemeral range on which
// something listens in our own network namespace. A listener in another
// namespace has no series: its 127.0.0.1:80 is not ours, its 0.0.0.0 is not
// the machine's, and no label tells the two apart. It counts in
// unattributed_sockets and port_events_total alone. Listeners in the ephemeral
// range have no series of their own unless watched, but count in listeners.
//
// # Which states of connections are there
//
// A watched port has all states in both families at all times, zeros included,
// from the first count on, whether or not anybody listens. Every other counted
// port has those that last as long as a program lets them: established,
// unaccepted, close_wait. The remaining five pass within seconds; they are
// there while there are such connections. To have them always would cost ten
// more series per port, so that ports would be folded from the 75th on instead of the
// 130th: the loss of a whole port is worse than the absence of a zero. Whoever
// wants the zeros watches the port.
//
// # Limits
//
// At most 200 ports and 2,000 series have a port of their own; watched ports
// come first and are never folded, the others follow by number, each if it
// fits whole. Connections, sockets and queue lengths of the rest are summed
// under port="other", so that sums over all ports stay exact; series_folded
// says how many series are missing. What does not add up is left out there,
// drops included: a sum over a changing set of ports falls now and then, which
// rate() would take for a restart. The room is shared out by what listens, not
// by what happens to be connected, so the fold does not move with the traffic.
//
// # One series per address
//
// The series of an address are unique by (protocol, address, port), so that
// joins with listener_info always work. Where several services share one
// address (SO_REUSEPORT, multicast), their names are joined by commas, sockets
// and drops added up, the queue is the fullest one's and the start the oldest
// one's. An address that is bound to a device has its name behind a percent
// sign, as in 0.0.0.0%eth0.
//
// # Checks
//
// The series of each check (check_up, check_state …) are not collected: a
// scrape writes them behind the rest, line by line, for a registry would make,
// sort and keep a message for each of a hundred thousand lines. They are told in
// the text format alone, and so is all else; a textfile has none of them. What
// goes by kind or by reason is collected like the rest. Checks about portreeve
// itself are no targets: they are in self_problem.
//
// A check has check_up while it is known, and counters from their first event
// on: zeros of every state and reason would double the scrape.
//
// # Foreign text
//
// Names of processes are chosen by whoever runs them. They are cut at 128
// runes, and what could act on a terminal that shows the exposition is made
// visible, as is what is not UTF-8 ([foreign.Text]); the rest is Prometheus'
// own escaping. No label carries a pid, an inode, arguments, or, unless asked
// for, the address of a client.
package metrics
