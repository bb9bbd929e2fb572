package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// alertStrips say what people could not be told.
func (s *Server) alertStrips(now time.Time) []strip {
	if s.options.Alerts == nil {
		return nil
	}
	var out []strip
	for _, a := range s.options.Alerts() {
		if n := len(a.Parked); n > 0 {
			last := a.Parked[n-1]
			out = append(out, strip{
				Mark: caution, Kind: "not told", Subject: fmt.Sprintf("%s could not be delivered:", plural(n, letterOf(a.Channel))),
				Text:  fmt.Sprintf("%s: %s (the last one: %s).", foreign.Text(a.Channel).Clip(nameRunes), strings.TrimRight(foreign.Text(last.Err).Clip(200), "."), noticeWords(last)),
				Since: at(a.Parked[0].At, now),
			})
		}
	}
	return out
}

// noticeWords says what a notice is about.
func noticeWords(p ParkedAlert) string {
	return foreign.Text(p.Check).Clip(nameRunes) + " " + foreign.Text(strings.ReplaceAll(p.Kind, "_", " ")).Clip(nameRunes)
}

// letterOf names what a channel delivers.
func letterOf(channel string) string {
	_, kind, _ := strings.Cut(channel, "/")
	switch kind {
	case "email":
		return "mail"
	case "webhook":
		return "webhook call"
	}
	return "message"
}
