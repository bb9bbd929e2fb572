package registration

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

const (
	maxName  = 63 // bytes, as names of checks have it
	maxTitle = 120
	// hashDigits of a text's SHA-256 tell it from others that look like it.
	hashDigits = 8
)

var hashed = regexp.MustCompile(`-[0-9a-f]{8}$`)

// NameOf makes a name of any text that people or old clients give to an app, and
// a title that keeps the text where the name does not. A text that is a name
// already stays as it is. Another has a hash of itself at the end, and so has one
// that looks like that: two texts share no name. An empty text has none.
func NameOf(text string) (name, title string) {
	slug := slugOf(text)
	if slug == text && !hashed.MatchString(text) {
		return text, ""
	}
	sum := sha256.Sum256([]byte(text))
	if slug == "" {
		slug = "app"
	}
	slug = strings.TrimRight(slug[:min(len(slug), maxName-1-hashDigits)], "-._")
	return slug + "-" + hex.EncodeToString(sum[:])[:hashDigits], foreign.Text(text).Clip(maxTitle)
}

// slugOf writes a text in the letters of names, with everything else as single
// dashes.
func slugOf(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.TrimLeft(b.String(), "-._")
	if rest, ours := strings.CutPrefix(slug, health.SelfPrefix); ours {
		slug = "portreeve-" + rest
	}
	return slug[:min(len(slug), maxName)]
}
