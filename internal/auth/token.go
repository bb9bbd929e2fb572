package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// A Token is what is kept of a secret.
type Token struct {
	Name    string // who holds it, for people; unique in its file
	Scope   Scope
	Created time.Time // to the second
	Hash    Hash
}

// A Hash is the SHA-256 of a secret.
type Hash [sha256.Size]byte

// HashOf returns the hash of a secret.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

const hashPrefix = "sha256:"

// String returns h as it stands in a token file.
func (h Hash) String() string { return hashPrefix + hex.EncodeToString(h[:]) }

// MarshalText writes h as it stands in a token file.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	*h, err = parseHash(string(text))
	return err
}

// parseHash reads what String writes. The error does not repeat the text: it
// may be a secret that somebody took for a hash.
func parseHash(text string) (Hash, error) {
	digits, ok := strings.CutPrefix(text, hashPrefix)
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || len(sum) != sha256.Size {
		return Hash{}, fmt.Errorf("the last field is no hash: %s and %d hexadecimal digits", hashPrefix, 2*sha256.Size)
	}
	return Hash(sum), nil
}

// Prefix begins every secret, so that people and scanners for leaked secrets
// know one when they see one.
const Prefix = "prt_"

// secretDigits is how many digits of base 62 hold 256 bits.
const secretDigits = 43

// Mint makes a token and its secret, from 32 bytes of entropy. The secret is
// nowhere else: show it to its holder. The error is about the name or the
// scope, or entropy's.
func Mint(name string, scope Scope, now time.Time, entropy io.Reader) (t Token, secret string, err error) {
	if err := checkName(name); err != nil {
		return Token{}, "", err
	}
	if _, err := ParseScope(string(scope)); err != nil {
		return Token{}, "", err
	}
	var bits [32]byte
	if _, err := io.ReadFull(entropy, bits[:]); err != nil {
		return Token{}, "", fmt.Errorf("draw a random secret: %w", err)
	}
	digits := new(big.Int).SetBytes(bits[:]).Text(62)
	secret = Prefix + strings.Repeat("0", secretDigits-len(digits)) + digits
	return Token{Name: name, Scope: scope, Created: now.UTC().Truncate(time.Second), Hash: HashOf(secret)}, secret, nil
}

// Minted reports whether a text has the form of a secret that Mint makes.
func Minted(text string) bool {
	return len(text) == len(Prefix)+secretDigits && strings.HasPrefix(text, Prefix)
}

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// checkName tells what is wrong with a name, without repeating it: what stands
// in the place of a name may be a secret.
func checkName(name string) error {
	if !validName.MatchString(name) {
		return errors.New("a token's name is lower-case letters, digits, dots, dashes and underscores, 63 at most, a letter or digit first")
	}
	return nil
}
