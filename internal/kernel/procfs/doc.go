// Package procfs reads what the proc file system tells about sockets and the
// processes that hold them, as proc(5) and the kernel's fs/proc describe it.
//
// An [FS] reads tables and single facts: [FS.Table] streams the rows of
// net/tcp and its kin, the fallback where sock_diag(7) is refused. [Owners]
// finds out who holds a listening socket.
//
// Whatever is read here was shaped by others: a process chooses its own name,
// arguments and paths, and may vanish between any two reads. A fact is
// therefore believed only of a process whose start time was the same before
// and after reading it, and text is handed on as [foreign.Text].
//
// Nothing here allocates while nothing changes, and no descriptor stays open
// between two calls.
package procfs
