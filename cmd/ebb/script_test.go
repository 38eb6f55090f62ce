package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// asEbb is the variable that makes the test's binary behave as ebb itself.
const asEbb = "EBB_TEST_BE_EBB"

func TestMain(m *testing.M) {
	if os.Getenv(asEbb) != "" {
		main()
	}
	testscript.Main(m, map[string]func(){"ebb": main})
}

// TestScripts runs the command lines of testdata/script, each a story with the files it needs.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exitcode": exitCode,
			"truncate": truncate,
			"picture":  drawPicture,
		},
		Setup: func(env *testscript.Env) error {
			return os.CopyFS(filepath.Join(env.WorkDir, "data"), os.DirFS("demodata"))
		},
	})
}

// exitCode runs ebb and checks its exit code: exitcode 2 ebb train.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = codeOf(err)
	}
	if code != args[0] {
		ts.Fatalf("%v ended with code %s, want %s", args[1:], code, args[0])
	}
}

// truncate cuts a file to some bytes: truncate FILE 100.
func truncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	var n int64
	for _, d := range args[1] {
		n = 10*n + int64(d-'0')
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}
