package procfs

import (
	"slices"

	"github.com/portreeve/portreeve/internal/port"
)

// look scans and takes over what was found.
func (o *Owners) look() {
	if boot, err := o.fs.BootTime(); err == nil {
		o.boot = boot
	}
	o.scan.run(o.fs, o.holdings)
	if o.scan.err != nil { // cut short: neither found nor missed is the whole truth
		return
	}
	o.scans++
	o.wanted = false
	o.roster.take(o.scan.seen, o.now)
	o.take(o.scan.holds)
	o.miss()
}

// take takes over the holders that were found, which are in order.
func (o *Owners) take(rest []hold) {
	for len(rest) > 0 {
		n := slices.IndexFunc(rest, func(h hold) bool { return h.inode != rest[0].inode })
		if n < 0 {
			n = len(rest)
		}
		o.holdings[rest[0].inode].hit(rest[:n], o.scans)
		delete(o.lost, rest[0].inode)
		rest = rest[n:]
	}
}

// miss deals with the sockets that the scan did not find.
func (o *Owners) miss() {
	seen := false
	for inode, h := range o.holdings {
		if h.found == o.scans {
			continue
		}
		if !seen {
			o.sight, seen = o.fs.sight(), true
		}
		if h.missed(o.scan.denied > 0); h.settled() {
			h.reason = o.unseen()
			delete(o.lost, inode)
		} else {
			o.lost[inode] = h
		}
	}
}

// unseen returns why a scan does not find the holder of a socket.
func (o *Owners) unseen() port.Unseen {
	switch {
	case o.sight.missing != "" || o.sight.hidepid != "":
		return port.UnseenPermission
	case o.scan.denied > 0:
		return port.UnseenRefused
	case o.sight.namespaced:
		return port.UnseenNetNS
	}
	return port.UnseenKernel
}
