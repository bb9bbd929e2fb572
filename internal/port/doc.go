// Package port holds the nouns and rules of job one: which sockets listen on
// a machine, who holds them, and who is connected.
//
// Facts come from the kernel as plain values. A [Listening] is one look at the
// listening sockets, a [Connections] one count of server-side connections.
// [Fold] turns sockets into one [Listener] per service port, the row that
// people see; [Diff] tells what moved between two sets of rows; a [Filter]
// picks rows by the grammar that command line, page and API share.
//
// Nothing here does I/O or reads a clock, and every fact is plain data that
// survives JSON, so it may come from this process, a privileged child or
// another host.
package port
