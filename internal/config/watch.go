package config

import (
	"context"
	"os"
	"syscall"
	"time"
)

// watchEvery is how often Watch looks.
const watchEvery = time.Second

// Watch calls changed each time the file of c has become another one than the
// one that was read into c, until ctx ends: when it was written, replaced or
// reached by another way (editors and Kubernetes swap files and links), and
// also when it has vanished or come back. It waits until two looks, a second
// apart, see the same, so that half a file is not read. It looks at what the
// file system says of the file and never reads it. Without a file it just
// waits.
func (c *Config) Watch(ctx context.Context, changed func()) {
	if c.File == "" {
		<-ctx.Done()
		return
	}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	known, last := c.stamp, c.stamp
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := stampOf(os.Stat(c.File))
		if settled := now == last; settled && now != known {
			known = now
			changed()
		}
		last = now
	}
}

// A stamp is what tells one state of a file from another: the zero stamp is no
// file. The time of the last change (ctime) is there because programs can set
// the one of the last writing.
type stamp struct {
	dev, inode       uint64
	size             int64
	written, changed syscall.Timespec
}

// stampOf takes what [os.Stat] returns.
func stampOf(info os.FileInfo, err error) stamp {
	if err != nil {
		return stamp{}
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stamp{size: info.Size()}
	}
	return stamp{uint64(s.Dev), s.Ino, s.Size, s.Mtim, s.Ctim}
}
