package port

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFilterPicksRows(t *testing.T) {
	all := rows("0.0.0.0:22 sshd 5", "127.0.0.1:3000 node 7", "0.0.0.0:3001 node 8", "[::1]:5432 postgres 9", "0.0.0.0:9200 ?")
	all[1].Owner.User, all[1].Owner.Unit, all[3].Owner.Container = "deploy", "shop.service", "web-1"
	tests := []struct{ filter, want string }{
		{"", "22 3000 3001 5432 9200"},
		{"port:3000-3010", "3000 3001"},
		{"port:22,5432", "22 5432"},
		{"-port:3000-3010", "22 5432 9200"},
		{"scope:loopback", "3000 5432"},
		{"scope:ALL process:node", "3001"},
		{"family:ipv6", "5432"},
		{"state:unknown", "9200"},
		{"user:dep", "3000"},
		{"unit:shop", "3000"},
		{"container:web", "5432"},
		{"pid:8", "3001"},
		{"addr:127.0.0.0/8", "3000"},
		{"addr:::1", "5432"},
		{"addr:[::1]", "5432"},
		{"NODE -port:3001", "3000"},
		{"127.0.0.1:3000", "3000"},
		{"[::1]:5432", "5432"},
		{"service:node", "3000 3001"},
		{"netns:other", ""},
		{"proto:udp", ""},
	}
	for _, tt := range tests {
		f, err := ParseFilter(tt.filter)
		if err != nil {
			t.Errorf("%q: %v", tt.filter, err)
			continue
		}
		var got []string
		for _, l := range f.Select(all) {
			got = append(got, fmt.Sprint(l.Port))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q picks %v, want %s", tt.filter, got, tt.want)
		}
	}
}

func TestFilterErrorsHelp(t *testing.T) {
	tests := []struct{ filter, hint string }{
		{"prt:80", "did you mean port:?"},
		{"scop:all", "did you mean scope:?"},
		{"colour:red", "keys are port, proto"},
		{"scope:lopback", "did you mean loopback?"},
		{"port:0", "ports are 1 to 65535"},
		{"port:70000", "ports are 1 to 65535"},
		{"port:30-20", "ports are 1 to 65535"},
		{"port:", "as in port:3000-3010"},
		{"pid:x", "as in pid:811"},
		{"addr:nonsense", "addr:10.0.0.0/8"},
		{"family:ipx", "ipv4, ipv6"},
	}
	if _, err := ParseFilter(strings.Repeat("-q ", 17)); err == nil {
		t.Error("a filter of 17 terms was taken")
	}
	if _, err := ParseFilter("port:1" + strings.Repeat(",2", 65)); err == nil {
		t.Error("a filter of 66 values was taken")
	}
	for _, tt := range tests {
		_, err := ParseFilter("nginx " + tt.filter)
		var fe *FilterError
		if !errors.As(err, &fe) {
			t.Errorf("%q: error %v, want a FilterError", tt.filter, err)
			continue
		}
		if fe.Term != tt.filter || !strings.Contains(fe.Hint(), tt.hint) {
			t.Errorf("%q: %v, hint %q, want %q", tt.filter, err, fe.Hint(), tt.hint)
		}
	}
}

func TestOrder(t *testing.T) {
	all := rows("0.0.0.0:22 sshd 5", "127.0.0.1:80 nginx 9", "0.0.0.0:443 nginx 7")
	all[2].State, all[0].Connections.Established = Trouble, 3
	tests := []struct{ order, want string }{
		{"", "443 22 80"},
		{"port", "22 80 443"},
		{"-port", "443 80 22"},
		{"-connections", "22 80 443"},
		{"bind", "80 22 443"},
		{"up", "80 443 22"},
		{"service", "80 443 22"},
	}
	for _, tt := range tests {
		o, err := ParseOrder(tt.order)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range o.Sort(all) {
			got = append(got, fmt.Sprint(l.Port))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("order %q: %v, want %s", tt.order, got, tt.want)
		}
	}
	if _, err := ParseOrder("conections"); err == nil || !strings.Contains(err.(*FilterError).Hint(), "connections") {
		t.Errorf("a misspelt order: %v", err)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("port:1-2,3 -scope:all [::1]:80 addr:::/0")
	all := rows("0.0.0.0:22 sshd 5", "0.0.0.0:9200 ?")
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		if err != nil {
			return
		}
		again, err := ParseFilter(filter.String())
		if err != nil || len(again.Select(all)) != len(filter.Select(all)) {
			t.Errorf("%q reads back as %q: %v", text, filter, err)
		}
	})
}

func TestNearest(t *testing.T) {
	words := []string{"port", "proto", "scope"}
	for word, want := range map[string]string{"prt": "port", "scpoe": "scope", "protocol": "", "x": ""} {
		if got, _ := Nearest(word, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
