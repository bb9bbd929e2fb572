package expect

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// answer is what the tables ask about.
func answer() Answer {
	return Answer{
		Status: 200,
		Header: map[string]string{"x-build": "v2.7", "content-type": "application/json"},
		Body: `{"status":"DEGRADED","queue":{"length":17},"empty":null,"note":"all is well",
			"nodes":[{"name":"a","state":"up","disks":[1,2]},{"name":"b","state":"down","disks":[3]}],
			"checks":{"db":[{"status":"pass"}],"disk":[{"status":"warn"}]}}`,
		TLS:  TLS{DaysLeft: 13.25, NotAfter: time.Date(2031, 5, 1, 0, 0, 0, 0, time.UTC), Version: "TLS 1.3", Subject: "CN=shop", Issuer: "CN=ca"},
		Took: 120 * time.Millisecond,
	}
}

func TestHolds(t *testing.T) {
	for _, text := range []string{
		`status == 200`,
		`status == 200 and json.queue.length < 20`,
		`status in 200..299`,
		`200 <= status < 300`,
		`header["x-build"] matches "^v2"`,
		`"x-build" in header`,
		`body contains "DEGRADED" and not (body contains "OK")`,
		`tls.days_left > 7 and tls.version == "TLS 1.3"`,
		`tls.not_after > date("2030-01-01")`,
		`took < duration("500ms")`,
		`json.nothing == nil and json.empty == nil`,
		`json.a?.b?.c == nil`,
		`(json.a?.b ?? "none") == "none"`,
		`any(json.nodes, .state == "up")`,
		`all(json.nodes, .state in ["up", "down"])`,
		`count(json.nodes, .state == "down") <= 1`,
		`len(filter(json.nodes, .state == "up")) == 1`,
		`all(values(json.checks), all(#, lower(.status) in ["pass", "warn"]))`,
		`any(json.nodes, any(.disks, # == 3))`,
		`sum(map(json.nodes, len(.disks))) == 3`,
		`json.nodes[0].name == "a" and json.nodes[-1].name == "b"`,
		`status == 200 ? true : json.nothing.at.all`,
		`status == 200 or json.nothing.at.all == 1`,
	} {
		p, err := Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if ok, why, err := p.Holds(answer()); !ok || why != "" || err != nil {
			t.Errorf("%s does not hold: %s, %v", text, why, err)
		}
	}
}

func TestWhy(t *testing.T) {
	for _, tt := range []struct{ text, why string }{
		{`json.status == "OK"`, `json.status is "DEGRADED", not "OK"`},
		{`"OK" == json.status`, `json.status is "DEGRADED", not "OK"`},
		{`status == 200 and json.status == "OK"`, `json.status is "DEGRADED", not "OK"`},
		{`status == 204 and json.status == "OK"`, `status is 200, not 204`},
		{`status == 204 or json.status == "OK"`, `status is 200, not 204; json.status is "DEGRADED", not "OK"`},
		{`status != 200`, `status is 200, which it must not be`},
		{`not (status == 200)`, `status is 200, which it must not be`},
		{`status not in [200, 204]`, `status is 200, which is in [200,204]`},
		{`not (status == 204 or status == 200)`, `status is 200, which it must not be`},
		{`not (status == 200 and took > duration("1ms"))`, `status is 200, which it must not be; took is 120ms, which is > 1ms`},
		{`status in 300..302`, `status is 200, not in [300,301,302]`},
		{`tls.days_left > 14`, `tls.days_left is 13.25, not > 14`},
		{`tls.not_after > date("2032-01-01")`, `tls.not_after is 2031-05-01T00:00:00Z, not > date("2032-01-01"), which is 2032-01-01T00:00:00Z`},
		{`took < duration("100ms")`, `took is 120ms, not < 100ms`},
		{`header["x-build"] matches "^v3"`, `header["x-build"] is "v2.7", which does not match "^v3"`},
		{`header["x-gone"] matches "^v3"`, `header["x-gone"] is not there`},
		{`header.server == "nginx"`, `header.server is not there`},
		{`json.note contains "ill"`, `json.note is "all is well", which does not contain "ill"`},
		{`json.note not contains "well"`, `json.note is "all is well", which contains "well"`},
		{`json.note startsWith "w"`, `json.note is "all is well", which does not start with "w"`},
		{`json.note endsWith "w"`, `json.note is "all is well", which does not end with "w"`},
		{`json.ok == true`, `json.ok is not there`},
		{`json.ok`, `json.ok is not there`},
		{`json.note`, `json.note is "all is well"`},
		{`json.empty == 1`, `json.empty is null, not 1`},
		{`json.queue.size > 1`, `json.queue.size is not there`},
		{`json.a.b.c == 1`, `json.a is not there`},
		{`json.note.x == 1`, `json.note is "all is well", which has no "x"`},
		{`json.empty.x == 1`, `json.empty is null, which has no "x"`},
		{`json.note > 5`, `json.note is "all is well", which > cannot be asked of`},
		{`json.nodes[7].name == "a"`, `json.nodes[7]: index out of range: 7 (array length is 2)`},
		{`json.nodes == []`, `json.nodes is [{"disks":[1,2],"name":"a","state":"up"},{"disks":[3],"name":"b","state":"down"}…, not []`},
		{`all(json.nodes, .state == "up")`, `all(json.nodes, .state == "up") is false because of {"disks":[3],"name":"b","state":"down"}`},
		{`none(json.nodes, .state == "up")`, `none(json.nodes, .state == "up") is false because of {"disks":[1,2],"name":"a","state":"up"}`},
		{`any(json.nodes, .state == "idle")`, `any(json.nodes, .state == "idle") is false`},
		{`all(json.status, # == 1)`, `json.status is "DEGRADED", not a list`},
		{`all(json.gone, # == 1)`, `json.gone is not there`},
		{`not (json.a.b == 1 or status == 200)`, `json.a is not there`},
		{`not (json.a.b == 1 and status == 200)`, `json.a is not there`},
		{`not (status == 200 and json.a.b == 1)`, `json.a is not there`},
		{`status == 204 or json.a.b == 1`, `json.a is not there`},
		{`not json.note`, `json.note is "all is well"`},
		{`status == 200 and (took < duration("1s") or status == 1) and status != 200`, `status is 200, which it must not be`},
		{`len(json.nodes) == json.queue.length`, `len(json.nodes) is 2, not json.queue.length, which is 17`},
	} {
		p, err := Compile(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if ok, why, err := p.Holds(answer()); ok || why != tt.why || err != nil {
			t.Errorf("%s\n got %v %s %v\nwant %s", tt.text, ok, why, err, tt.why)
		}
	}
}

func TestNotJSON(t *testing.T) {
	const text = `status == 200 and json.status == "OK"`
	p, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		status int
		body   string
		why    string
		err    error
	}{
		{200, "<html>", `the body is no JSON: "<html>"`, ErrNotJSON},
		{200, " \n", "the body is empty, not JSON", ErrNotJSON},
		{200, `{"status":"OK"`, `the body is no JSON: "{\"status\":\"OK\""`, ErrNotJSON},
		{503, "<html>", "status is 503, not 200", nil}, // json was not asked
		{200, "[1]", `json is [1], which has no "status"`, nil},
		{200, "null", `json is null, which has no "status"`, nil},
	} {
		ok, why, err := p.Holds(Answer{Status: tt.status, Body: tt.body})
		if ok || why != tt.why || !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
			t.Errorf("%d %q: %v, %s, %v; want %s, %v", tt.status, tt.body, ok, why, err, tt.why, tt.err)
		}
	}
	if ok, why, err := p.Holds(Answer{Status: 200, Body: "\ufeff" + `{"status":"OK"}`}); !ok {
		t.Errorf("a byte order mark: %s, %v", why, err)
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ text, err, hint string }{
		{`statsu == 200`, `column 1: unknown name "statsu"`, `did you mean "status"?`},
		{`Status == 200`, `column 1: unknown name "Status"`, `did you mean "status"?`},
		{`status == 200 and weather == 1`, `column 19: unknown name "weather"`, "names are status, header, body, json, tls, took"},
		{"status == 200 and\n jsn.x == 1", `line 2, column 2: unknown name "jsn"`, `did you mean "json"?`},
		{`$env.status == 200`, `column 1: unknown name "$env"`, "names are status, header, body, json, tls, took"},
		{`tls.daysleft > 1`, `column 5: unknown name "daysleft"`, `did you mean "days_left"?`},
		{`header["X-Build"] == "1"`, `column 8: names of headers are in lower case here`, `write header["x-build"]`},
		{`status == "200"`, `column 8: == (mismatched types int and string)`, ""},
		{`took < 500`, `column 6: < (mismatched types time.Duration and int)`, `write a time as duration("500ms")`},
		{`took < duration("5 apples")`, `column 8: "5 apples" is no duration`, `write it as duration("500ms")`},
		{`status`, `is not true or false: expected bool, but got int`, "compare it, as in status == 200"},
		{`status = 200`, `column 8: unexpected "="`, "write == to compare"},
		{`status == 200 & body == ""`, `column 15: unexpected "&"`, "write and"},
		{`status ==`, `column 9: the expression ends too early`, ""},
		{``, `column 1: the expression ends too early`, ""},
		{`(status == 200`, `column 14: the expression ends too early`, ""},
		{`body == "x`, `column 11: literal not terminated`, ""},
		{`bod("x")`, `column 1: unknown name "bod"`, ""},
		{`repeat("ab", 3) == ""`, `column 1: unknown name "repeat"`, ""},
		{`any(json, { let x = #; x == 1 })`, "column 17: an expectation is one expression, without let and ;", ""},
		{`let x = 1; x == 1`, "column 5: an expectation is one expression, without let and ;", ""},
		{`took.Seconds() < 1`, `column 6: "took.Seconds" is no function`, ""},
		{`json.f() == 1`, `column 6: "json.f" is no function`, ""},
		{`reduce(json, #acc + #, 0) == 1`, `column 1: unknown name "reduce"`, ""},
		{`body matches "("`, "column 14: error parsing regexp: missing closing ): `(`", ""},
		{`body matches header["x"]`, "column 6: the pattern on the right of matches must be a constant", ""},
		{`(body + body) matches "x"`, "column 15: matches wants a plain value on its left, such as body or json.name", ""},
		{`body matches "a{900}"`, "column 14: the pattern is too large", "counted repetitions such as {100} make it so"},
		{`all(json, body contains .x)`, `column 11: "body" cannot be looked at again for each element`, hintEach},
		{`map(1..9, .a + .b) == []`, `column 14: "+" cannot be used for each element`, hintEach},
		{`any(json, any([1, 2], # == 1))`, "column 15: such a value cannot be made for each element", hintEach},
		{`any(json, any(filter(#, true), # == 1))`, "column 15: filter cannot be used for each element", hintEach},
		{strings.Repeat("status == 1 or ", 68) + "true", "the expression is too long", "200 values and operators at most"},
		{strings.Repeat(" ", 1025), "the expression is too long", "1024 bytes at most"},
	} {
		_, err := Compile(tt.text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: compiled, or another error: %v", tt.text, err)
			continue
		}
		if e.Error() != tt.err || tt.hint != "" && e.Hint != tt.hint {
			t.Errorf("%s\n got %s (%s)\nwant %s (%s)", tt.text, e, e.Hint, tt.err, tt.hint)
		}
	}
}

func TestUses(t *testing.T) {
	p, err := Compile(`status == 200 and any(json.nodes, .took < 5)`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"status": true, "json": true, "took": false, "body": false} {
		if p.Uses(name) != want {
			t.Errorf("uses %s: %v, want %v", name, !want, want)
		}
	}
	if p.String() != `status == 200 and any(json.nodes, .took < 5)` {
		t.Errorf("text: %s", p)
	}
}

// TestCostIsBounded asks for what would take hours if it were allowed to.
func TestCostIsBounded(t *testing.T) {
	p, err := Compile(`all(1..60000, all(json, # in 1..50000))`)
	if err == nil {
		t.Fatalf("loops over the body within a loop compile: %v", p)
	}
	p, err = Compile(`any(json, # in 1..50000)`)
	if err != nil {
		t.Fatal(err)
	}
	body := "[" + strings.Repeat("0,", 30_000) + "0]"
	if ok, why, err := p.Holds(Answer{Body: body}); ok || !errors.Is(err, ErrTooCostly) || why == "" {
		t.Errorf("lists made over and over: %v, %s, %v", ok, why, err)
	}
}

func FuzzExpect(f *testing.F) {
	a := answer()
	for _, text := range []string{
		`status == 200 and json.status == "OK"`,
		`all(values(json.checks), all(#, lower(.status) in ["pass", "warn"]))`,
		`header["x-build"] matches "^v2" or not (took < duration("500ms"))`,
		`tls.days_left > 14 ? body[0:3] contains "x" : (json.a?.b ?? 3) ** 2 == 9`,
		`sum(map(filter(json.nodes, .state != "up"), len(.disks))) % 2 == 1`,
	} {
		f.Add(text, a.Body)
	}
	f.Add(`json.a.b[1] == 1`, `[[[]]]`)
	f.Fuzz(func(t *testing.T, text, body string) {
		p, err := Compile(text)
		var mistake *Error
		if err != nil && !errors.As(err, &mistake) {
			t.Fatalf("%q: an error without a place: %v", text, err)
		}
		if err != nil || len(body) > 64<<10 {
			return
		}
		b := a
		b.Body = body
		ok, why, err := p.Holds(b)
		if ok != (why == "") || ok && err != nil {
			t.Errorf("%q: %v with %q, %v", text, ok, why, err)
		}
	})
}

func BenchmarkHolds(b *testing.B) {
	p, err := Compile(`status == 200 and json.status == "OK"`)
	if err != nil {
		b.Fatal(err)
	}
	good, bad := Answer{Status: 200, Body: `{"status":"OK"}`}, Answer{Status: 200, Body: `{"status":"BAD"}`}
	b.Run("holds", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Holds(good)
		}
	})
	b.Run("fails", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Holds(bad)
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(`status == 200 and json.status == "OK"`); err != nil {
			b.Fatal(err)
		}
	}
}
