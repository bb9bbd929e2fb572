package canary

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// answerSize is the largest piece of a dump that the kernel sends at once
	// (netlink_recvmsg in net/netlink/af_netlink.c).
	answerSize = 32 << 10
	// kernelPatience bounds the wait for a piece of an answer. The kernel
	// answers inside the system call that asks, so one that is not there was
	// lost.
	kernelPatience = time.Second
)

// An rtnetlink is a socket that asks the kernel about routes, links and
// neighbours (linux/rtnetlink.h). It keeps its descriptor, so that it can ask
// when there are none left, and is safe for concurrent use.
type rtnetlink struct {
	mu       sync.Mutex
	fd       int // -1 while closed
	sequence uint32
	buffer   []byte
}

func newRTNetlink() *rtnetlink { return &rtnetlink{fd: -1, buffer: make([]byte, answerSize)} }

// open makes sure that there is a descriptor. It belongs to the network
// namespace of the calling thread.
func (r *rtnetlink) open() error {
	if r.fd >= 0 {
		return nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("open rtnetlink socket: %w", err)
	}
	patience := unix.NsecToTimeval(kernelPatience.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		unix.Close(fd)
		return fmt.Errorf("bound rtnetlink reads: %w", err)
	}
	r.fd = fd
	return nil
}

func (r *rtnetlink) close() {
	if r.fd >= 0 {
		unix.Close(r.fd)
		r.fd = -1
	}
}

// Close gives the descriptor back. The next request opens another.
func (r *rtnetlink) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.close()
}

// ask sends one request and calls each with what every message of the answer
// holds; the bytes are valid until each returns. It returns the kernel's
// refusal as a unix.Errno, or what each returned.
func (r *rtnetlink) ask(kind, flags uint16, body []byte, each func(payload []byte) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.open(); err != nil {
		return err
	}
	r.sequence++
	if err := r.send(kind, flags, body); err != nil {
		r.close()
		return fmt.Errorf("send rtnetlink request: %w", err)
	}
	for {
		n, err := r.receive()
		if err != nil {
			r.close()
			return fmt.Errorf("receive rtnetlink answer: %w", err)
		}
		done, err := readAnswer(r.buffer[:n], r.sequence, flags&unix.NLM_F_DUMP != 0, each)
		if !done && err != nil {
			r.close() // and with it whatever is left of the answer
		}
		if done || err != nil {
			return err
		}
	}
}

func (r *rtnetlink) send(kind, flags uint16, body []byte) error {
	b := make([]byte, 0, headerSize+len(body))
	b = binary.NativeEndian.AppendUint32(b, uint32(headerSize+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags|unix.NLM_F_REQUEST)
	b = binary.NativeEndian.AppendUint32(b, r.sequence)
	b = binary.NativeEndian.AppendUint32(b, 0)
	b = append(b, body...)
	for {
		if _, err := unix.Write(r.fd, b); err != unix.EINTR {
			return err
		}
	}
}

func (r *rtnetlink) receive() (int, error) {
	for {
		if n, err := unix.Read(r.fd, r.buffer); err != unix.EINTR {
			return n, err
		}
	}
}

// readAnswer reads one piece of an answer and reports whether it was the last.
// Pieces of an answer to an earlier request are passed over.
func readAnswer(b []byte, sequence uint32, dump bool, each func([]byte) error) (done bool, err error) {
	for len(b) > 0 {
		var m message
		if m, b, err = nextMessage(b); err != nil {
			return false, err
		}
		if m.sequence != sequence {
			continue
		}
		if m.kind == unix.NLMSG_DONE || m.kind == unix.NLMSG_ERROR {
			if errno := m.errno(); errno != 0 {
				return true, errno
			}
			return true, nil
		}
		if err := each(m.payload); err != nil || !dump {
			return err == nil, err
		}
	}
	return false, nil
}
