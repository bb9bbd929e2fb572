package kernel

import (
	"strconv"
	"time"

	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
)

// A deviceNames remembers the names of network devices for a while: they may
// be renamed, and their numbers may be used again.
type deviceNames struct {
	names  map[device]string
	expire time.Time
}

// A device is a network device by its number in a namespace.
type device struct {
	netns uint64
	index uint32
}

const deviceNamesLast = 10 * time.Second

// name returns the name of a device in the namespace that conn is in. One that
// is gone while a socket is still bound to it goes by its number.
func (d *deviceNames) name(conn *sockdiag.Conn, netns uint64, index uint32) string {
	now := time.Now()
	if now.After(d.expire) {
		d.names, d.expire = make(map[device]string), now.Add(deviceNamesLast)
	}
	key := device{netns, index}
	name, ok := d.names[key]
	if !ok {
		var err error
		if name, err = conn.InterfaceName(index); err != nil {
			name = "#" + strconv.FormatUint(uint64(index), 10)
		}
		d.names[key] = name
	}
	return name
}
