// Package pgtest starts a PostgreSQL server for tests: its own cluster in a temporary folder, on
// loopback, gone when the test program ends, however it ends.
//
// The server's programs are those of Debian's package postgresql, or any on PATH. Where there are
// none, tests are skipped, unless EBB_TEST_POSTGRES is "required", as under make test: then they fail.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// User is the superuser of the server; a password he gives is not looked at, which saves time.
// Role [Guarded] has to give his.
const (
	User     = "ebb"
	Guarded  = "guarded"
	Password = "kept/se@cret"
)

// Server is a server of a test program. The zero value is ready: the first test that asks starts
// it.
type Server struct {
	once   sync.Once
	err    error
	absent bool
	port   int
	dir    string
	stdin  io.WriteCloser
	cmd    *exec.Cmd
}

// Stop ends the server; TestMain calls it after the tests.
func (s *Server) Stop() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.stdin.Close() // the script sees it
	_ = s.cmd.Wait()
}

// Database makes an empty database for the test and returns its address, to which ?table= may be
// added. The name must be lower-case letters.
func (s *Server) Database(t testing.TB, name string) string {
	t.Helper()
	s.Run(t)
	Exec(t, s.address("postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)", "CREATE DATABASE "+name)
	return s.address(name)
}

// Run starts the server if it does not run yet.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	s.once.Do(s.start)
	if s.absent && os.Getenv("EBB_TEST_POSTGRES") != "required" {
		t.Skipf("no PostgreSQL here: %v", s.err)
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
}

func (s *Server) address(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(User, Password), Host: fmt.Sprintf("127.0.0.1:%d", s.port), Path: "/" + database}
	return u.String()
}

// Exec runs statements on the server of an address.
func Exec(t testing.TB, address string, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		query(t, address, sql)
	}
}

// Query returns the rows of a query as psql -A shows them: values between bars, a row each.
func Query(t testing.TB, address, sql string) []string {
	t.Helper()
	return query(t, address, sql)
}

func query(t testing.TB, address, sql string) []string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, r := range results {
		for _, row := range r.Rows {
			values := make([]string, len(row))
			for i, v := range row {
				values[i] = string(v)
			}
			lines = append(lines, strings.Join(values, "|"))
		}
	}
	return lines
}

// script runs the server until its standard input ends, as it does when the test program does.
const script = `"$BIN/postgres" -D "$DIR/data" -k "$DIR" -h 127.0.0.1 -p "$PORT" -F -c full_page_writes=off -c shared_buffers=16MB \
	-c autovacuum=off -c max_wal_senders=0 -c wal_level=minimal >"$DIR/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$DIR"`

func (s *Server) start() {
	bin, err := programs()
	if err != nil {
		s.err, s.absent = err, true
		return
	}
	if s.dir, s.err = os.MkdirTemp("", "ebb-pgtest-"); s.err != nil {
		return
	}
	if s.err = s.initialize(bin); s.err != nil {
		os.RemoveAll(s.dir)
		return
	}
	for range 3 { // somebody may take the port in between
		if s.err = s.serve(bin); s.err == nil {
			return
		}
	}
	os.RemoveAll(s.dir)
}

// programs is the folder with the newest server's programs.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	sort.Slice(found, func(i, j int) bool {
		return len(found[i]) < len(found[j]) || len(found[i]) == len(found[j]) && found[i] < found[j]
	})
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("initdb is neither in /usr/lib/postgresql/*/bin nor on PATH: install the Debian package postgresql")
	}
	return filepath.Dir(path), nil
}

func (s *Server) initialize(bin string) error {
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(s.dir, "data"), "-U", User,
		"--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err := s.unprivileged(initdb); err != nil {
		return err
	}
	if text, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, text)
	}
	access := "host all " + Guarded + " 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
	return os.WriteFile(filepath.Join(s.dir, "data", "pg_hba.conf"), []byte(access), 0o600)
}

// serve starts the server on a free port and waits until it answers.
func (s *Server) serve(bin string) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = free.Addr().(*net.TCPAddr).Port
	free.Close()
	s.cmd = exec.Command("/bin/sh", "-c", script)
	s.cmd.Env = append(os.Environ(), "BIN="+bin, "DIR="+s.dir, fmt.Sprintf("PORT=%d", s.port))
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.unprivileged(s.cmd); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	if err := s.await(); err != nil {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		s.Stop()
		return fmt.Errorf("the server did not start: %w\n%s", err, log)
	}
	return nil
}

// await asks until the server accepts a connection.
func (s *Server) await() error {
	var last error
	for range 300 {
		conn, err := pgconn.Connect(context.Background(), s.address("postgres"))
		if err == nil {
			return conn.Close(context.Background())
		}
		last = err
		time.Sleep(20 * time.Millisecond)
	}
	return last
}
