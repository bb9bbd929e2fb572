package debian

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// Databases start, keep what they are given over kill -9, stand still, and
// leave nothing behind.
func TestServers(t *testing.T) {
	for name, start := range map[string]func(testing.TB) *Server{"PostgreSQL": StartPostgres, "MariaDB": StartMariaDB} {
		t.Run(name, func(t *testing.T) {
			var s *Server
			var pids []int
			if !t.Run("lifetime", func(t *testing.T) {
				begun := time.Now()
				s = start(t)
				t.Logf("ready after %s", time.Since(begun))
				db := connect(t, s.DSN())
				execute(t, db, "CREATE TABLE kept (n INT)")
				execute(t, db, "INSERT INTO kept VALUES (1)")
				pids = append(children(s.cmd.Process.Pid), s.cmd.Process.Pid)
				s.Kill()
				if i := slices.IndexFunc(pids, func(pid int) bool { return !over(pid) }); i >= 0 {
					t.Errorf("process %d is still there", pids[i])
				}
				begun = time.Now()
				s.Start()
				t.Logf("ready after kill -9 after %s", time.Since(begun))
				db = connect(t, s.DSN())
				execute(t, db, "INSERT INTO kept VALUES (2)")
				if n := count(t, db); n != 2 {
					t.Errorf("%d rows after kill -9, want 2", n)
				}
				s.Pause()
				counted := make(chan int)
				go func() { counted <- count(t, db) }()
				select {
				case <-counted:
					t.Error("a paused server answers")
				case <-time.After(200 * time.Millisecond):
				}
				s.Resume()
				if n := <-counted; n != 2 {
					t.Errorf("%d rows after a pause, want 2", n)
				}
				pids = append(children(s.cmd.Process.Pid), s.cmd.Process.Pid)
			}) {
				return
			}
			s.await("to end", func() bool { return !slices.ContainsFunc(pids, func(pid int) bool { return !over(pid) }) })
			if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
				t.Errorf("%s is left: %v", s.dir, err)
			}
		})
	}
}

// The quick ones can be used too.
func TestQuickServers(t *testing.T) {
	for _, start := range []func(testing.TB) string{Postgres, MariaDB} {
		db := connect(t, start(t))
		execute(t, db, "CREATE TABLE kept (n INT)")
		if n := count(t, db); n != 0 {
			t.Errorf("%d rows in an empty table", n)
		}
	}
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver := "pgx"
	if u, err := url.Parse(dsn); err != nil {
		t.Fatal(err)
	} else if password, _ := u.User.Password(); password == "" {
		t.Fatalf("%s has no password", dsn)
	} else if u.Scheme == "mysql" {
		driver, dsn = "mysql", u.User.String()+"@tcp("+u.Host+")"+u.Path
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func count(t *testing.T, db *sql.DB) (n int) {
	if err := db.QueryRow("SELECT count(*) FROM kept").Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

// Tests that were killed leave no memory taken for long; others' data stays.
func TestOrphans(t *testing.T) {
	where, long := t.TempDir(), time.Now().Add(-2*time.Hour)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		began time.Time
		stays bool
	}{
		{fmt.Sprintf("portreeve-postgres-%d-1", gone.Process.Pid), long, false},
		{fmt.Sprintf("portreeve-postgres-%d-2", gone.Process.Pid), time.Now(), true},
		{fmt.Sprintf("portreeve-mariadb-%d-3", os.Getpid()), long, true},
		{"portreeve-other-x-4", long, true},
	} {
		dir := filepath.Join(where, tt.name)
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chtimes(dir, tt.began, tt.began)); err != nil {
			t.Fatal(err)
		}
		removeOrphans(where)
		if _, err := os.Stat(dir); (err == nil) != tt.stays {
			t.Errorf("%s of %s: %v, want it to stay: %v", tt.name, tt.began, err, tt.stays)
		}
	}
}
