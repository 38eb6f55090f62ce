package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A copy of the folder before every operation is what a kill there leaves, and,
// with all unsynced bytes cut off, what a power cut may leave. From each of them
// the run must open, be of one step, lose no checkpoint that Save had finished,
// and when trained on end in exactly the files of a run that was never stopped.
func TestKilledAnywhereResumesToTheSameBytes(t *testing.T) {
	const last = 20
	whole := filepath.Join(scratch(t), "run")
	r, _, err := begin(disk{}, whole)
	if err == nil {
		err = train(r, 0, last)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	want := tree(t, whole)

	dir := filepath.Join(scratch(t), "run")
	unsynced, syncing, kills := map[string]bool{}, "", 0
	saved := 0 // steps for which Save has returned
	d := disk{}
	d.before = func(op, path string) error {
		delete(unsynced, syncing)
		syncing = ""
		switch op {
		case "create":
			unsynced[path] = true
		case "sync":
			syncing = path
		case "rename", "link":
			if unsynced[path] {
				t.Errorf("%s of %s before its bytes are synced", op, path)
			}
		}
		if _, err := os.Stat(dir); err != nil {
			return nil
		}
		for _, cut := range []bool{false, true} {
			if cut && len(unsynced) == 0 {
				continue
			}
			kills++
			when := fmt.Sprintf("kill %d before %s %s", kills, op, path)
			killed(t, when, dir, cut, unsynced, saved, want)
		}
		return nil
	}
	r, _, err = begin(d, dir)
	if err != nil {
		t.Fatal(err)
	}
	for ; saved < last; saved += 10 { // the hook sees how far it is
		if err := train(r, saved, saved+10); err != nil {
			t.Fatal(err)
		}
	}
	r.Close()
	if kills < 60 {
		t.Errorf("only %d kills: the operations are not seen", kills)
	}
}

// killed copies the run as it stands and trains the copy to its end, step 20.
func killed(t *testing.T, when, dir string, cut bool, unsynced map[string]bool, saved int, want map[string]string) {
	t.Helper()
	dead := filepath.Join(scratch(t), "run")
	if err := os.CopyFS(dead, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for path := range unsynced {
		rel, _ := filepath.Rel(dir, path)
		if cut {
			_ = os.Truncate(filepath.Join(dead, rel), 0)
		}
	}
	checkRun(t, when, dead)
	r, step, err := begin(disk{}, dead)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer r.Close()
	if step != saved && step != saved+10 {
		t.Fatalf("%s: at step %d after %d was saved", when, step, saved)
	}
	lines := strings.Count(mustRead(t, filepath.Join(dead, metricsName)), "\n")
	if lines != step/5 {
		t.Fatalf("%s: %d lines of metrics at step %d", when, lines, step)
	}
	if err := train(r, step, 20); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if d := cmp.Diff(want, tree(t, dead)); d != "" {
		t.Fatalf("%s: the finished run differs: %s", when, d)
	}
	os.RemoveAll(dead)
}

// When any operation of a Save fails, as on a full disk, the run stays readable
// and the same Save succeeds once there is space.
func TestSaveSurvivesAFullDisk(t *testing.T) {
	for fail := 1; ; fail++ {
		dir := filepath.Join(scratch(t), "run")
		n, armed := 0, false
		d := disk{before: func(string, string) error {
			if armed {
				n++
			}
			if armed && n == fail {
				return syscall.ENOSPC
			}
			return nil
		}}
		r, _, err := begin(d, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Save(stateAt(10)); err != nil {
			t.Fatal(err)
		}
		armed = true
		err = r.Save(stateAt(20))
		armed = false
		checkRun(t, fmt.Sprintf("failing operation %d", fail), dir)
		if err != nil && (!errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space")) {
			t.Errorf("failing operation %d: %v", fail, err)
		}
		if again := r.Save(stateAt(20)); again != nil {
			t.Fatalf("after failing operation %d: %v", fail, again)
		}
		s, serr := ReadState(dir)
		if serr != nil || s.Step != 20 {
			t.Fatalf("after failing operation %d: %v", fail, serr)
		}
		s.Close()
		r.Close()
		if err == nil && n < fail {
			if fail < 20 {
				t.Errorf("only %d operations were failed", fail)
			}
			return
		}
	}
}
