package smtpsink

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/emersion/go-smtp"
)

// Mechanisms that go-sasl has no server for.
const (
	CRAMMD5     = "CRAM-MD5"      // RFC 2195
	SCRAMSHA256 = "SCRAM-SHA-256" // RFC 5802, RFC 7677
)

// A login is a server's side of LOGIN, which asks for one after the other.
type login struct {
	done    func(user, password string) error
	answers []string
}

// Next implements sasl.Server.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.answers = append(l.answers, string(response))
	}
	switch len(l.answers) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.done(l.answers[0], l.answers[1])
}

// A cramMD5 is a server's side of CRAM-MD5.
type cramMD5 struct {
	password string
	done     func(user string) error
	asked    bool
}

const cramChallenge = "<1896.697170952@sink.example.org>"

// Next implements sasl.Server.
func (c *cramMD5) Next(response []byte) (challenge []byte, done bool, err error) {
	if !c.asked {
		c.asked = true
		return []byte(cramChallenge), false, nil
	}
	user, digest, _ := strings.Cut(string(response), " ")
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write([]byte(cramChallenge))
	if !hmac.Equal([]byte(digest), []byte(hex.EncodeToString(mac.Sum(nil)))) {
		return nil, true, smtp.ErrAuthFailed
	}
	return nil, true, c.done(user)
}

// A scramSHA256 is a server's side of SCRAM-SHA-256 without channel binding.
type scramSHA256 struct {
	password string
	done     func(user string) error

	step               int
	user, first, asked string
}

const (
	scramNonce = "of-the-sink"
	scramSalt  = "W22ZaJ0SNY7soEsUEjb6gQ=="
	scramRound = 4096
)

// Next implements sasl.Server.
func (s *scramSHA256) Next(response []byte) (challenge []byte, done bool, err error) {
	s.step++
	switch {
	case s.step == 1 && len(response) == 0:
		s.step = 0
		return nil, false, nil
	case s.step == 1:
		s.first = strings.TrimPrefix(string(response), "n,,")
		user, nonce, _ := strings.Cut(s.first, ",")
		s.user = strings.TrimPrefix(user, "n=")
		s.asked = "r=" + strings.TrimPrefix(nonce, "r=") + scramNonce + ",s=" + scramSalt + ",i=4096"
		return []byte(s.asked), false, nil
	case s.step == 2:
		return s.verify(string(response))
	}
	return nil, true, s.done(s.user)
}

// verify checks the client's proof and gives the server's.
func (s *scramSHA256) verify(final string) (challenge []byte, done bool, err error) {
	unproven, proof, _ := strings.Cut(final, ",p=")
	salt, _ := base64.StdEncoding.DecodeString(scramSalt)
	salted, err := pbkdf2.Key(sha256.New, s.password, salt, scramRound, sha256.Size)
	if err != nil {
		return nil, true, err
	}
	key := sum(salted, "Client Key")
	stored := sha256.Sum256(key)
	about := s.first + "," + s.asked + "," + unproven
	want := make([]byte, sha256.Size)
	subtle.XORBytes(want, key, sum(stored[:], about))
	if got, err := base64.StdEncoding.DecodeString(proof); err != nil || !hmac.Equal(got, want) {
		return nil, true, smtp.ErrAuthFailed
	}
	signature := sum(sum(salted, "Server Key"), about)
	return []byte("v=" + base64.StdEncoding.EncodeToString(signature)), false, nil
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
