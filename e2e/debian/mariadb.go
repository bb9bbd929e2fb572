package debian

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MariaDB starts a MariaDB for the test and returns the URL of an empty
// database. It is quick and for tests that do not kill it: data reaches the
// disk when the kernel likes.
func MariaDB(t testing.TB) string {
	t.Helper()
	return startMariaDB(t, "--debug-no-sync", "--innodb-flush-log-at-trx-commit=2").DSN()
}

// StartMariaDB starts a MariaDB as people run it, which the test may kill.
func StartMariaDB(t testing.TB) *Server {
	t.Helper()
	return startMariaDB(t)
}

func startMariaDB(t testing.TB, options ...string) *Server {
	t.Helper()
	program := Path(t, "mariadbd")
	as := accountFor(t, program)
	s := &Server{t: t, as: as, dir: as.directory(t, "mariadb"), finish: syscall.SIGKILL, sweep: func() {}}
	t.Cleanup(s.stop)
	port, secret, share := freePort(t), password(), shareOf(t, program)
	s.dsn = fmt.Sprintf("mysql://portreeve:%s@%s/portreeve", secret, address(port))
	s.ready = func() bool { return greets(address(port)) }
	cert, key := as.certify(t, s.dir)
	s.roots = cert

	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	as.give(t, data)
	common := append(mariaOptions(share, data), options...)
	as.run(t, s.dir, systemTables(t, share, secret), program, append(common, "--bootstrap", "--debug-no-sync")...)
	s.args = append([]string{program}, append(common,
		"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port), "--socket="+filepath.Join(s.dir, "socket"),
		"--pid-file="+filepath.Join(s.dir, "pid"), "--skip-name-resolve", "--ssl-cert="+cert, "--ssl-key="+key)...)
	s.Start()
	return s
}

// mariaOptions are what a small server needs to find itself. The number of
// descriptors for the kernel's own queues may be limited, so it does without.
func mariaOptions(share, data string) []string {
	return []string{
		"--no-defaults", "--basedir=" + filepath.Dir(filepath.Dir(share)), "--lc-messages-dir=" + share, "--datadir=" + data,
		"--tmpdir=" + data, "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--innodb-use-native-aio=0",
		"--performance-schema=0", "--character-set-server=utf8mb4",
	}
}

// shareOf finds the files that come with a mariadbd, fetched or installed.
func shareOf(t testing.TB, program string) string {
	t.Helper()
	for _, root := range []string{filepath.Join(filepath.Dir(program), "..", "root"), "/"} {
		share := filepath.Join(root, "usr", "share", "mysql")
		if _, err := os.Stat(filepath.Join(share, "mysql_system_tables.sql")); err == nil {
			return share
		}
	}
	t.Fatalf("find the files of %s: there is no mysql_system_tables.sql", program)
	return ""
}

// systemTables is what mariadb-install-db would have a new server run, less
// help texts, time zones and tables about performance.
func systemTables(t testing.TB, share, secret string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n")
	for _, name := range []string{"mysql_system_tables.sql", "mysql_system_tables_data.sql"} {
		text, err := os.ReadFile(filepath.Join(share, name))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "FLUSH PRIVILEGES;\nCREATE DATABASE portreeve;\nCREATE USER portreeve@'127.0.0.1' IDENTIFIED BY '%s';\n", secret)
	b.WriteString("GRANT ALL ON *.* TO portreeve@'127.0.0.1' WITH GRANT OPTION;\n")
	return b.String()
}

// greets tells whether a MySQL server speaks first there, as its protocol has
// it: it does once it is ready.
func greets(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	n, err := conn.Read(make([]byte, 1))
	return err == nil && n == 1
}
