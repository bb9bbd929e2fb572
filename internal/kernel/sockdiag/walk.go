package sockdiag

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A Visitor receives the sockets of a walk.
type Visitor interface {
	// Begin is called when a walk starts, and again whenever it starts over.
	Begin()
	// Visit is called for each socket, which is valid until Visit returns.
	Visit(*Socket)
}

// attempts bounds how often a walk starts over. The last is taken as it is:
// a table that changes all the time would otherwise never be seen.
const attempts = 3

// errInterrupted says that the table changed in a way that the kernel thinks
// the reader should know (NLM_F_DUMP_INTR).
var errInterrupted = errors.New("interrupted dump")

// A RefusedError is the kernel's answer to a request that it will not serve.
type RefusedError struct{ Errno unix.Errno }

func (e *RefusedError) Error() string { return "refused by the kernel: " + e.Errno.Error() }

// Unwrap returns the error number.
func (e *RefusedError) Unwrap() error { return e.Errno }

// Walk shows v every socket that q describes. The walk is no snapshot: sockets
// that come and go meanwhile may be seen or not. The context is looked at
// between pieces of the answer, not while the kernel works on one.
func (c *Conn) Walk(ctx context.Context, q Query, v Visitor) error {
	for range attempts {
		v.Begin()
		err := c.walk(ctx, &q, v)
		if err == nil {
			return nil
		}
		if err != errInterrupted {
			return fmt.Errorf("walk sockets: %w", err)
		}
	}
	return nil
}

func (c *Conn) walk(ctx context.Context, q *Query, v Visitor) error {
	if q.Protocol == TCP && !c.separate {
		err := c.dump(ctx, q, unix.AF_UNSPEC, v)
		if !unsupported(err) {
			return err
		}
		c.separate = true
		v.Begin()
	}
	if err := c.dump(ctx, q, unix.AF_INET, v); err != nil {
		return err
	}
	return c.dump(ctx, q, unix.AF_INET6, v)
}

// unsupported reports whether the kernel does not know a request at all, as
// opposed to being unable to serve it now.
func unsupported(err error) bool {
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		return false
	}
	switch refused.Errno {
	case unix.EINVAL, unix.EOPNOTSUPP, unix.ENOENT:
		return true
	}
	return false
}

// dump sends one request and shows v the answer.
func (c *Conn) dump(ctx context.Context, q *Query, family uint8, v Visitor) error {
	if c.broken || c.fd < 0 {
		if err := c.Reopen(); err != nil {
			return err
		}
	}
	var filter []byte
	if len(q.Ports) > 1 {
		filter = c.ports.compile(q.Ports)
	}
	c.sequence++
	c.request = appendRequest(c.request[:0], q, family, filter, c.sequence)
	c.broken = true
	if err := c.send(); err != nil {
		return err
	}
	interrupted := false
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := c.receive()
		if err != nil {
			return err
		}
		done, err := c.read(c.answer[:n], v, &interrupted)
		if done {
			c.broken = false
		}
		if done || err != nil {
			return err
		}
	}
}

// read shows v the sockets of one piece of an answer and reports whether it
// was the last. Pieces of an answer to an earlier request are passed over.
func (c *Conn) read(b []byte, v Visitor, interrupted *bool) (done bool, err error) {
	for len(b) > 0 {
		var m message
		if m, b, err = nextMessage(b); err != nil {
			return false, err
		}
		if m.sequence != c.sequence {
			continue
		}
		*interrupted = *interrupted || m.flags&unix.NLM_F_DUMP_INTR != 0
		switch m.kind {
		case unix.NLMSG_DONE, unix.NLMSG_ERROR:
			return true, ending(&m, *interrupted)
		case unix.SOCK_DIAG_BY_FAMILY, getSockets:
			if err := c.socket.parse(m.payload); err != nil {
				return false, err
			}
			v.Visit(&c.socket)
		}
	}
	return false, nil
}

func ending(m *message, interrupted bool) error {
	if errno := m.errno(); errno != 0 {
		return &RefusedError{errno}
	}
	if interrupted {
		return errInterrupted
	}
	return nil
}

func (c *Conn) send() error {
	for {
		switch _, err := unix.Write(c.fd, c.request); err {
		case nil:
			return nil
		case unix.EINTR:
		default:
			return fmt.Errorf("send request: %w", err)
		}
	}
}

func (c *Conn) receive() (int, error) {
	for {
		switch n, err := unix.Read(c.fd, c.answer); err {
		case nil:
			return n, nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, fmt.Errorf("receive answer: none came in %d s", patience)
		default:
			return 0, fmt.Errorf("receive answer: %w", err)
		}
	}
}
