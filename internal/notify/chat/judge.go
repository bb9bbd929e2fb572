//go:build !nochat

package chat

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/util/jsonclient"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answer"
)

// judge says what an error of the library means: by what the witness saw, else
// by the status in the error, else by its words. 2xx is success even if the
// library found something else: some services answer 202 where it expects 200,
// and repeating a notice that is there for ever would be worse.
func (s *service) judge(err error) error {
	if err == nil {
		return nil
	}
	words := s.name + ": " + s.redact.Text(err.Error())
	if s.witness != nil {
		if saw := s.witness.saw(); saw.status != 0 {
			return answer.Judge(saw.status, saw.retryAfter, time.Now(), words)
		}
	}
	if status := statusOf(err); status != 0 {
		return answer.Judge(status, "", time.Now(), words)
	}
	return &notify.Failure{Err: errors.New(words), Doubtful: !unsent(err) && dubious(err)}
}

// inWords are the ways in which the library's services write a status.
var inWords = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\bstatus(?: code)?:? "?(\d{3})\b`),
	regexp.MustCompile(`\bHTTP (\d{3})\b`),
	regexp.MustCompile(`\((\d{3})\)`),
	regexp.MustCompile(`: (\d{3})(?: |$)`),
}

// statusOf finds the status in an error; 0 when there is none.
func statusOf(err error) int {
	if e, ok := errors.AsType[jsonclient.Error](err); ok && e.StatusCode != 0 {
		return e.StatusCode
	}
	for _, form := range inWords {
		if m := form.FindStringSubmatch(err.Error()); m != nil {
			status, _ := strconv.Atoi(m[1])
			if named := strings.Contains(err.Error(), answer.Words(status)); named || status >= 300 && http.StatusText(status) != "" {
				return status
			}
		}
	}
	return 0
}

// unsent reports whether nothing can have been sent. Some services turn errors
// into texts.
func unsent(err error) bool {
	return answer.Unsent(err) || says(err, "dial tcp", "connection refused", "no such host", "network is unreachable", "x509:", "log in: ")
}

// dubious reports whether an error is one of a connection that broke.
func dubious(err error) bool {
	return errors.Is(err, errPanic) || says(err, "EOF", "reset by peer", "broken pipe", "timeout", "Timeout", "deadline exceeded", "closed network connection", "max retries")
}

func says(err error, words ...string) bool {
	text := err.Error()
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}
