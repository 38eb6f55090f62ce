package postgres

import (
	"os"
	"testing"

	"ebb/data/table/postgres/pgtest"
)

var server pgtest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// database is an empty database of the test's.
func database(t *testing.T, name string) string {
	t.Helper()
	return server.Database(t, name)
}
