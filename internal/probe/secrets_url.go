package probe

import "strings"

// findUsers finds what is before the host of a URL, where there may be a
// password. It need not be a proper URL: in doubt more is found.
func findUsers(text string, hit func(from, to int)) {
	if strings.IndexByte(text, '@') < 0 {
		return
	}
	for at := 0; ; {
		i := strings.Index(text[at:], "//")
		if i < 0 {
			return
		}
		at += i + len("//")
		end := len(text)
		if n := strings.IndexAny(text[at:], "\"'<>\r\n"); n >= 0 {
			end = at + n
		}
		if n := strings.LastIndexByte(text[at:end], '@'); n > 0 {
			hit(at, at+n)
			at += n
		}
	}
}

// findParameters finds the values of a query or form whose names say that they
// are secrets.
func findParameters(text string, hit func(from, to int)) {
	for at := 0; ; at++ {
		i := strings.IndexByte(text[at:], '=')
		if i < 0 {
			return
		}
		name := text[at : at+i]
		at += i
		name = name[strings.LastIndexFunc(name, isNoName)+1:]
		if !isSecretName(name) {
			continue
		}
		end := len(text)
		if n := strings.IndexAny(text[at+1:], "&;#\"'<> \t\r\n"); n >= 0 {
			end = at + 1 + n
		}
		hit(at+1, end)
	}
}

func isNoName(r rune) bool { return !isAlphanumeric(r) && r != '_' && r != '-' }

// isSecretName reports whether the value of a parameter of that name is a
// secret.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	for _, word := range [...]string{"auth", "credential", "key", "passw", "pwd", "secret", "session", "sig", "token"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
