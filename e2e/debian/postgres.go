package debian

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Postgres starts a PostgreSQL for the test and returns the URL of an empty
// database. It is quick and for tests that do not kill it: data reaches the
// disk when the kernel likes.
func Postgres(t testing.TB) string {
	t.Helper()
	return startPostgres(t, "fsync=off", "full_page_writes=off", "synchronous_commit=off").DSN()
}

// StartPostgres starts a PostgreSQL as people run it, which the test may kill.
func StartPostgres(t testing.TB) *Server {
	t.Helper()
	return startPostgres(t)
}

func startPostgres(t testing.TB, settings ...string) *Server {
	t.Helper()
	program := Path(t, "postgres")
	as := accountFor(t, program)
	s := &Server{t: t, as: as, dir: as.directory(t, "postgres"), finish: syscall.SIGQUIT} // immediate shutdown
	t.Cleanup(s.stop)
	port, secret, data := freePort(t), password(), filepath.Join(s.dir, "data")
	s.dsn = fmt.Sprintf("postgres://portreeve:%s@%s/portreeve?sslmode=disable", secret, address(port))
	s.args = []string{program, "-D", data}
	cert, key := as.certify(t, s.dir)
	s.roots = cert
	for _, setting := range append([]string{
		"listen_addresses=127.0.0.1", fmt.Sprintf("port=%d", port), "unix_socket_directories=", "ssl=on", "ssl_cert_file=" + cert, "ssl_key_file=" + key,
		"shared_buffers=16MB", "dynamic_shared_memory_type=mmap", "max_connections=50", "max_wal_size=64MB", "min_wal_size=32MB", "jit=off", "timezone=GMT", "log_timezone=GMT",
	}, settings...) {
		s.args = append(s.args, "-c", setting)
	}
	s.ready = func() bool { // a killed one has left its file
		return pidFile(data, 0) == strconv.Itoa(s.cmd.Process.Pid) && pidFile(data, 7) == "ready"
	}
	s.sweep = func() { removeSharedMemory(data) }

	as.initialise(t, s.dir, data, secret)
	as.run(t, s.dir, "CREATE DATABASE portreeve;\n", s.args[0], "--single", "-F", "-D", data, "postgres")
	s.Start()
	return s
}

// initialise makes the data of a new server, whose superuser has the password.
func (a account) initialise(t testing.TB, dir, data, secret string) {
	t.Helper()
	passwords := filepath.Join(dir, "password")
	if err := os.WriteFile(passwords, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	a.give(t, passwords)
	a.run(t, dir, "", Path(t, "initdb"), "-D", data, "-U", "portreeve", "--pwfile", passwords,
		"-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
	if err := os.Remove(passwords); err != nil {
		t.Fatal(err)
	}
}

// pidFile returns a line of what a running PostgreSQL says of itself, from 0
// (src/include/utils/pidfile.h).
func pidFile(data string, line int) string {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if line >= len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line])
}

// removeSharedMemory removes the segment that a PostgreSQL which was killed
// leaves in the kernel, until it is started again: its number is behind its
// key.
func removeSharedMemory(data string) {
	fields := strings.Fields(pidFile(data, 6))
	if len(fields) != 2 {
		return
	}
	if id, err := strconv.Atoi(fields[1]); err == nil {
		_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil) // it may be gone
	}
}
