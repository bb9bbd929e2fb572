package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatch plays what happens to files; each step is followed by a few looks.
func TestWatch(t *testing.T) {
	type folder struct {
		t    *testing.T
		path string // of the file
		n    int
	}
	content := func(f *folder) string { // another size each time: virtual time moves no clock of files
		f.n++
		return "# " + strings.Repeat("x", f.n) + "\n"
	}
	must := func(f *folder, err error) {
		f.t.Helper()
		if err != nil {
			f.t.Fatal(err)
		}
	}
	put := func(f *folder, path string) { must(f, os.WriteFile(path, []byte(content(f)), 0o600)) }
	tests := []struct {
		name  string
		steps []func(*folder)
		want  []int // calls after each step
	}{
		{"nothing", []func(*folder){func(*folder) {}}, []int{0}},
		{"written", []func(*folder){func(f *folder) { put(f, f.path) }, func(*folder) {}, func(f *folder) { put(f, f.path) }}, []int{1, 1, 2}},
		{"replaced by a rename, as editors do", []func(*folder){func(f *folder) {
			put(f, f.path+"~")
			must(f, os.Rename(f.path+"~", f.path))
		}}, []int{1}},
		{"gone for a moment", []func(*folder){func(f *folder) {
			must(f, os.Rename(f.path, f.path+".bak"))
			time.Sleep(watchEvery)
			put(f, f.path)
		}}, []int{1}},
		{"vanished, and come back", []func(*folder){
			func(f *folder) { must(f, os.Remove(f.path)) },
			func(*folder) {},
			func(f *folder) { put(f, f.path) },
		}, []int{1, 1, 2}},
		{"written for a while", []func(*folder){func(f *folder) {
			for range 20 {
				put(f, f.path)
				time.Sleep(watchEvery * 2 / 3) // so that no two looks see the same
			}
		}}, []int{1}},
		{"only looked at", []func(*folder){func(f *folder) {
			_, err := os.ReadFile(f.path)
			must(f, err)
		}}, []int{0}},
		{"made unreadable", []func(*folder){func(f *folder) { must(f, os.Chmod(f.path, 0)) }}, []int{1}},
		{"a link swapped, as Kubernetes does", []func(*folder){
			func(f *folder) { // path -> ..data/portreeve.yaml, ..data -> 1
				dir := filepath.Dir(f.path)
				must(f, os.Mkdir(filepath.Join(dir, "1"), 0o700))
				must(f, os.Mkdir(filepath.Join(dir, "2"), 0o700))
				put(f, filepath.Join(dir, "1", "portreeve.yaml"))
				put(f, filepath.Join(dir, "2", "portreeve.yaml"))
				must(f, os.Symlink("1", filepath.Join(dir, "..data")))
				must(f, os.Remove(f.path))
				must(f, os.Symlink("..data/portreeve.yaml", f.path))
			},
			func(f *folder) {
				dir := filepath.Dir(f.path)
				must(f, os.Symlink("2", filepath.Join(dir, "..new")))
				must(f, os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")))
			},
		}, []int{1, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &folder{t: t, path: write(t, "verbose: true\n")}
				c := load(t, Sources{File: f.path})
				calls := 0
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go c.Watch(ctx, func() { calls++ })
				for i, step := range tt.steps {
					step(f)
					time.Sleep(10 * watchEvery)
					synctest.Wait()
					if calls != tt.want[i] {
						t.Errorf("after step %d: called %d times, want %d", i+1, calls, tt.want[i])
					}
				}
			})
		})
	}
}

// TestWatchSeesWhatChangedSinceLoad, before anybody watched.
func TestWatchSeesWhatChangedSinceLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := load(t, Sources{File: write(t, "verbose: true\n")})
		overwrite(t, c.File, "verbose: false\n")
		ctx, cancel := context.WithCancel(t.Context())
		c.Watch(ctx, cancel) // returns when it has called
		if ctx.Err() == nil {
			t.Error("Watch returned by itself")
		}
	})
}

func TestWatchWithoutAFileWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	Default().Watch(ctx, func() { t.Error("called") })
}
