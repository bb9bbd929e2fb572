package kernel

import "golang.org/x/sys/unix"

// inodeOf returns the inode of the file that path leads to, which for the link
// to a namespace is the namespace's identity; 0 when it cannot be seen.
func inodeOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}
