package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestLinesHideSecrets, whether the file is YAML or nearly so.
func TestLinesHideSecrets(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing to hide", "listen: 127.0.0.1:1 # here\n", "listen: 127.0.0.1:1 # here"},
		{"a URL", "database: postgres://root:hunter2@db/x\n", "database: postgres://…@db/x"},
		{"an at sign in a password", "x: smtp://me@here:hunter@2@db/x\n", "x: smtp://…@db/x"},
		{"a parameter", "target: http://h/?a=1&api_key=hunter2&b=2\n", "target: http://h/?a=1&api_key=…"},
		{"a parameter by another name", "target: http://h/?sig=hunter2&b=2\n", "target: http://h/?sig=…"},
		{"a fragment", "target: http://h/#hunter2 # here\n", "target: http://h/#…"},
		{"a fragment behind a blank", "{target: \"http://h/x y #hunter2\", x: 1}\n", "{target: \"http://h/x y #…"},
		{"a user that is named like a secret", "target: https://token:x@[::1/\n", "target: https://…@[::1/"},
		{"texts of an expression", `expect: header["x"] == "hunter2" and status == 200` + "\n", `expect: header["…"] == "…" and status == 200`},
		{"a text that does not end", `- {name: a, expect: 'header["x"] == "hunter2', mode: x}` + "\n", `- {name: a, expect: 'header["…"] == "…"`},
		{"an expression over lines", "expect: >\n  body contains 'hunter2'\n  and status == 200\nname: \"a\"\n", `expect: >|  body contains "…"|  and status == 200|name: "a"`},
		{"a body behind an expression", "{expect: status == 200,\n  body: hunter2}\n", "{expect: status == 200,|  body: …"},
		{"a name", "smtp_password: hunter2\n", "smtp_password: …"},
		{"a name with quotes", `{"authToken" : "hunter2"}` + "\n", `{"authToken" : …`},
		{"an assignment", "GMAIL_TOKEN = hunter2\n", "GMAIL_TOKEN = …"},
		{"the name of a file is none", "tokens_file: /run/tokens\n", "tokens_file: /run/tokens"},
		{"but what is behind it may be one", "{tokens_file: /run/tokens, password: hunter2}\n", "{tokens_file: /run/tokens, password: …"},
		{"a name without a value", "password:\n", "password:"},
		{"headers", "  headers:\n    x-odd: hunter2\n    'x-even' : hunter2\n  name: a\n", "  headers:|    x-odd: …|    'x-even' : …|  name: a"},
		{"headers of an item", "- headers:\n    x-odd: hunter2\n- name: a\n", "- headers:|    x-odd: …|- name: a"},
		{"headers over lines", "headers: {\nx-odd: hunter2,\nx-even: hunter2\n}\nname: a\n", "headers: …|x-odd: …|x-even: …|…|name: a"},
		{"headers in a line", "- {name: a, headers: {x: hunter2}, body: hunter2}\n- {name: b}\n", "- {name: a, headers: …|- {name: b}"},
		{"a body", "body: |\n  hunter2\n\n  key: hunter2\nname: a\n", "body: …|  …|…|  …|name: a"},
		{"in capitals", "Body: hunter2\n", "Body: …"},
		{"a header in the wrong place", "authorization: Bearer hunter2\n", "authorization: …"},
		{"services", "services: [slack://hook/hunter2, ntfy://hunter2]\nafter: 2m\n", "services: …|after: 2m"},
		{"services in lines", "    services:\n      - gotify://h/hunter2\n      - hunter2\n    after: 2m\n", "    services:|      …|      …|    after: 2m"},
		{"services in lines without an indent", "    services:\n    - gotify://h/hunter2\n    -\n      hunter2\n    after: 2m\n", "    services:|    …|    …|      …|    after: 2m"},
		{"a service in the wrong place", "{service: [\"gotify://h/hunter2\", \"slack+https://hunter2\"]}\n", "{service: [\"gotify://…"},
		{"a webhook", "ops: {after: 2m, webhook: {url: https://h/services/hunter2}}\n", "ops: {after: 2m, webhook: …"},
		{"a webhook in lines", "  webhook:\n    url: https://h/hunter2\n    uri: https://h/hunter2\n  after: 2m\n", "  webhook:|    url: …|    uri: …|  after: 2m"},
		{"a scheme anywhere", "title: it is Bearer hunter2\n", "title: it is Bearer …"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s secrets
			var lines []string
			for line := range strings.Lines(tt.text) {
				lines = append(lines, s.hide(strings.TrimRight(line, "\n")))
			}
			if got := strings.Join(lines, "|"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestNoSecretIsTold puts secrets of many shapes where secrets are, each with a
// mistake beside it and without, and looks for them in all that is told.
func TestNoSecretIsTold(t *testing.T) {
	places := []string{
		"headers: {authorization: %s}",
		"headers:\n      x-odd: %s",
		"headers: {\n      x-odd: %s\n    }",
		"headers:\n      x-list: [%s]",
		"headers:\n      x-twice: 1\n      x-twice: %s",
		"headers: %s",
		"body: %s",
		"body: [%s]",
		"body: |\n      %s",
		"password: %s",
		"target: http://user:%s@h/",
		"target: http://h/?token=%s",
		"target: http://h/#%s",
		"target: http://h:0/#%s",
		"target: https://%s:x@[::1/",
		"expect: 'stats == \"%s'",
		"expect: stats == \"%s\"",
	}
	secrets := []string{
		"correcthorse", "correct-horse", "correct-token-horse", "Bearer correcthorse", "Basic correcthorse=", `"correcthorse"`, "'correcthorse'", "*correcthorse", "&correcthorse",
		"!correcthorse", "@correcthorse", "`correcthorse`", "%correcthorse", "{correcthorse", "[correcthorse", "|correcthorse", ">correcthorse", "correcthorse: x",
		"x: correcthorse", "- correcthorse", "? correcthorse", "correcthorse #", `"correcthorse`, `'correcthorse`, "\\correcthorse", "correcthorse\t", "\tcorrecthorse", "😀correcthorse", "correcthorse\x01",
	}
	mistakes := []string{"", "nonsense: 1\n", "checks: [{name: 1 2}\n", "\tx\n", "listen: \"\n"}
	// What stands there is no secret: another parameter of the query, and a host
	// with a comment behind it.
	none := map[string]string{"target: http://h/?token=%s": "&correcthorse", "target: https://%s:x@[::1/": "correcthorse #"}
	for _, place := range places {
		for _, secret := range secrets {
			if none[place] == secret {
				continue
			}
			for _, mistake := range mistakes {
				check := "checks:\n  - name: a\n    "
				if !strings.HasPrefix(place, "target") {
					check += "target: http://h/\n    "
				}
				text := fmt.Sprintf(check+place+"\n"+mistake, secret)
				if told := tell(t, text); strings.Contains(told, "correct") {
					t.Errorf("%s\n--- tells:\n%s", text, told)
				}
			}
		}
	}
}

// tell returns everything that is told of a configuration.
func tell(t *testing.T, text string) string {
	t.Helper()
	c, err := Load(Sources{File: write(t, text), Check: kinds})
	var wrong *Error
	if errors.As(err, &wrong) {
		return wrong.Report() + wrong.Error() + wrong.Hint()
	}
	var b bytes.Buffer
	if err := errors.Join(c.Print(&b), c.PrintJSON(&b)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
