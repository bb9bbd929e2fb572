package smtpsink

import (
	"bufio"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Replies that are none: what a [Script] does instead of answering.
const (
	Hang    = "hang"    // say nothing, hold the connection
	Die     = "die"     // cut the connection off
	Drip    = "drip"    // a byte of an endless answer every now and then
	Flood   = "flood"   // an endless answer, as fast as it goes
	Garbage = "garbage" // what no mail server says
)

// A Script is what a misbehaving mail server answers to each command, a whole
// reply such as "550 no" or "250-a\r\n250 b", or one of the replies that are
// none. An empty answer is that of a server that takes everything.
type Script struct {
	Greeting, EHLO, StartTLS, Auth, Mail, Rcpt, Data, Dot, Rset, Quit string
	// RcptTo answers for a recipient, when it is set and does not return "".
	RcptTo func(address string) string
}

// An Actor plays a Script and remembers what it was told.
type Actor struct {
	Addr string

	script Script
	mu     sync.Mutex
	mails  int
	lines  []string
}

// Play starts an Actor that ends with the test.
func Play(t testing.TB, s Script) *Actor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &Actor{Addr: l.Addr().String(), script: s}
	var stages sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended); l.Close(); stages.Wait() })
	stages.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			stages.Go(func() { a.play(c, ended) })
		}
	})
	return a
}

// Mails returns how many mails came in whole.
func (a *Actor) Mails() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mails
}

// Lines returns the commands and what else was said, without the mails.
func (a *Actor) Lines() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.lines)
}

// play holds one conversation.
func (a *Actor) play(c net.Conn, ended <-chan struct{}) {
	defer c.Close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-ended:
			c.Close()
		case <-done:
		}
	}()
	r := bufio.NewReader(c)
	if !say(c, a.script.Greeting, "220 script.example.org ESMTP") {
		return
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		a.note(line)
		if !a.answer(c, r, strings.TrimSpace(line)) {
			return
		}
	}
}

func (a *Actor) note(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, strings.TrimSpace(line))
}

// answer answers one command; it reports whether the conversation goes on.
func (a *Actor) answer(c net.Conn, r *bufio.Reader, line string) bool {
	s := a.script
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	switch verb {
	case "EHLO", "HELO":
		return say(c, s.EHLO, "250-script.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")
	case "STARTTLS":
		return say(c, s.StartTLS, "454 not now")
	case "AUTH":
		return say(c, s.Auth, "235 welcome")
	case "MAIL":
		return say(c, s.Mail, "250 ok")
	case "RCPT":
		if s.RcptTo != nil {
			address := line[strings.Index(line, "<")+1 : strings.LastIndex(line, ">")]
			if reply := s.RcptTo(address); reply != "" {
				return say(c, reply, "")
			}
		}
		return say(c, s.Rcpt, "250 ok")
	case "DATA":
		return say(c, s.Data, "354 go on") && (refuses(s.Data) || a.mail(c, r))
	case "RSET", "NOOP":
		return say(c, s.Rset, "250 ok")
	case "QUIT":
		say(c, s.Quit, "221 bye")
		return false
	}
	return say(c, "", "500 what")
}

func refuses(reply string) bool { return reply != "" && !strings.HasPrefix(reply, "354") }

// mail takes a mail, to the line with the dot.
func (a *Actor) mail(c net.Conn, r *bufio.Reader) bool {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
	}
	a.mu.Lock()
	a.mails++
	a.mu.Unlock()
	return say(c, a.script.Dot, "250 queued")
}

// say gives a reply, or does what stands for one; it reports whether the
// conversation goes on.
func say(c net.Conn, reply, usual string) bool {
	switch reply {
	case "":
		reply = usual
	case Die:
		return false
	case Hang:
		_, _ = c.Read(make([]byte, 1)) // until the other end gives up
		return false
	case Drip:
		for write(c, "2") {
			time.Sleep(20 * time.Millisecond)
		}
		return false
	case Flood:
		for write(c, strings.Repeat("250-more and more\r\n", 512)) {
		}
		return false
	case Garbage:
		reply = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n\x00\xff\x1b[2J"
	}
	return write(c, reply+"\r\n")
}

func write(c net.Conn, text string) bool {
	_, err := c.Write([]byte(text))
	return err == nil
}
