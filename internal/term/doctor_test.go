package term

import "testing"

func TestFindings(t *testing.T) {
	findings := []Finding{
		{Area: "kernel", Condition: Well, Text: "Debian GNU/Linux 12 (bookworm), kernel 6.1.0, up 3d"},
		{Area: "privileges", Condition: Ailing, Text: "uid 1000, without CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH: hidden are the processes behind other users' sockets",
			Hint: "run as root, or grant it once: setcap cap_sys_ptrace,cap_dac_read_search+ep $(command -v portreeve)"},
		{Area: "resolver", Condition: Ill, Text: "10.0.0.1 does not answer: i/o timeout\x1b[2J", Hint: "see /etc/resolv.conf"},
	}
	for place, s := range screens {
		golden(t, "doctor-"+place, findingsText(s, findings))
	}
	if got, want := FindingsSummary(findings).Text, "1 ok, 1 warning, 1 failure"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}
