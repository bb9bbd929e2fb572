package kernel

import (
	"fmt"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// A population is many established connections, both ends of each in the
// network namespace of who made it.
type population struct {
	players []*player
	sockets int
}

// The ports of a population: the first has half of the connections, that is a
// quarter of the sockets.
const firstPort, populatedPorts = 8500, 4

// grow adds connections until there are so many sockets. It needs several
// processes: a process has room for some thousands.
func (p *population) grow(t testing.TB, sockets int) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	room := min(int(limit.Max)-100, 20000) / 2
	for p.sockets < sockets {
		n := min(room, (sockets-p.sockets+1)/2)
		p.players = append(p.players, start(t, "connect", nil, strconv.Itoa(len(p.players)), strconv.Itoa(n)))
		p.sockets += 2 * n
	}
}

// playConnect makes connections to itself. The arguments are its number among
// its like and the number of connections.
func playConnect(args []string) error {
	number, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	connections, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	server := [4]byte{127, 1, byte(number), 1}
	var listeners [populatedPorts]int
	for i := range listeners {
		if listeners[i], err = listenOn(server, firstPort+i); err != nil {
			return err
		}
	}
	for i := range connections {
		which := 0
		if i%2 == 1 {
			which = 1 + i/2%(populatedPorts-1)
		}
		client := [4]byte{127, 2, byte(number), byte(1 + i%200)}
		if err := connectTo(listeners[which], client, server, firstPort+which); err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	return say("ready")
}

func listenOn(addr [4]byte, port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: addr, Port: port}); err != nil {
		return 0, err
	}
	return fd, unix.Listen(fd, 16)
}

// connectTo makes a connection and accepts it. Its descriptors live as long as
// the process.
func connectTo(listener int, from, to [4]byte, port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: from}); err != nil {
		return err
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: to, Port: port}); err != nil {
		return err
	}
	_, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC)
	return err
}
