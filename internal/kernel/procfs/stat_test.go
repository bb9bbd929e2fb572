package procfs

import (
	"os"
	"strings"
	"testing"
)

const statTail = " S 7 811 811 0 -1 1077936384 11024 0 12 0 391 64 0 0 20 0 11 0 4220 637734912 13711 18446744073709551615\n"

func TestStatNameEndsAtTheLastParenthesis(t *testing.T) {
	for _, comm := range []string{
		"node", "", " ", ")", "(", "a) S 1 (b", "x) R 1 1 1 0 -1 0 (", "line\nbreak", "\x1b[31mred", "\xff\xfe", "((sd-pam))", ") S 1",
	} {
		st, ok := parseStat([]byte("811 (" + comm + ")" + statTail))
		if !ok || string(st.comm) != comm || st.state != 'S' || st.ppid != 7 || st.start != 4220 || st.flags != 1077936384 {
			t.Errorf("comm %q: got %+v, %v", comm, st, ok)
		}
	}
}

func TestStatMalformed(t *testing.T) {
	whole := "811 (node)" + statTail
	for _, text := range []string{
		"", "811", "811 (node", "811 node)", ")(", "811 (node)", "811 (node) S", "811 (node) SS 7 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
		strings.Replace(whole, " 7 ", " -7 ", 1), strings.Replace(whole, "4220", "soon", 1), strings.Replace(whole, "4220", "18446744073709551616", 1),
	} {
		if st, ok := parseStat([]byte(text)); ok {
			t.Errorf("%q was read as %+v", text, st)
		}
	}
}

func TestStatOfOlderKernels(t *testing.T) {
	tests := []struct {
		root, comm string
		pid        int
		start      uint64
	}{{"testdata/centos8", "node", 811, 4220}, {"testdata/ubuntu2004", "postgres", 1377, 1893}}
	for _, tt := range tests {
		f := New(tt.root)
		st, err := f.stat(f.borrow(), tt.pid)
		if err != nil || string(st.comm) != tt.comm || st.ppid != 1 || st.start != tt.start {
			t.Errorf("%s: %+v, %v", tt.root, st, err)
		}
	}
}

func TestStatOfTheDead(t *testing.T) {
	f := New(t.TempDir())
	for pid, state := range map[string]string{"10": "Z", "11": "X", "12": "x"} {
		write(t, f.root, pid+"/stat", pid+" (gone)"+strings.Replace(statTail, " S ", " "+state+" ", 1))
	}
	for _, pid := range []int{10, 11, 12, 13} {
		if st, err := f.stat(f.borrow(), pid); !gone(err) {
			t.Errorf("process %d lives as %+v, %v", pid, st, err)
		}
	}
}

func TestStatOfThisProcess(t *testing.T) {
	f := New("/proc")
	if ppid, ok := f.parent(os.Getpid()); !ok || ppid != os.Getppid() {
		t.Errorf("parent %d, %v; want %d", ppid, ok, os.Getppid())
	}
}

func FuzzStat(f *testing.F) {
	f.Add("node", "S 7 811 811 0 -1 1077936384 11024 0 12 0 391 64 0 0 20 0 11 0 4220 637734912")
	f.Add(") R 1 (", "Z 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 1")
	f.Fuzz(func(t *testing.T, comm, tail string) {
		st, ok := parseStat([]byte("1 (" + comm + ") " + tail))
		if ok && !strings.Contains(tail, ")") && string(st.comm) != comm {
			t.Errorf("%q was read as %q", comm, st.comm)
		}
	})
}

func TestEffectiveUID(t *testing.T) {
	tests := []struct {
		status string
		want   uint32
		ok     bool
	}{
		{"Name:\tnode\nUid:\t1001\t1001\t1001\t1001\nGid:\t5\t5\t5\t5\n", 1001, true},
		{"Uid:\t0\t33\t0\t33\n", 33, true},
		{"Uid:\t4294967295\t4294967295\t0\t0", 1<<32 - 1, true},
		{"Name:\tUid:\t7\t7\nUid:\t0\t1\t2\t3\n", 1, true},
		{"Name:\tnode\n", 0, false},
		{"Uid:\n", 0, false},
		{"Uid:\t0\tx\n", 0, false},
		{"", 0, false},
	}
	for _, tt := range tests {
		if got, ok := effectiveUID([]byte(tt.status)); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %d, %v", tt.status, got, ok)
		}
	}
}

func FuzzStatus(f *testing.F) {
	for _, seed := range fixtures(f, "*/*/status") {
		f.Add(seed)
	}
	f.Add("Name:\tnode\nUid:\t1001\t1001\t1001\t1001\nCapEff:\t0000003fffffffff\n")
	f.Fuzz(func(t *testing.T, status string) {
		if uid, ok := effectiveUID([]byte(status)); ok && !strings.Contains(status, "Uid:") {
			t.Errorf("user %d out of %q", uid, status)
		}
		statusLine([]byte(status), "CapEff:")
	})
}
