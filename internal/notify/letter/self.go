package letter

import (
	"fmt"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
)

// selfLine says what became of portreeve itself, which is not up or down but
// can tell or cannot.
func selfLine(n *notify.Notice) string {
	switch n.Kind {
	case notify.Down, notify.Degrading:
		return trouble(n) + evidence(n) + since(n)
	case notify.Reminder:
		return fmt.Sprintf("%s, for %s, reminder %d%s", trouble(n), Span(outage(n)), n.Count, evidence(n))
	case notify.Up, notify.Well:
		return fmt.Sprintf("portreeve has recovered after %s: %s", Span(outage(n)), beforehand(n))
	case notify.Summary:
		return fmt.Sprintf("portreeve had trouble %s: %s", times(n.Count), beforehand(n))
	case notify.FlapBegun:
		return trouble(n) + ", again and again"
	case notify.FlapOver:
		if n.Status == health.Unhealthy {
			return trouble(n) + ", and steadily so"
		}
		return "portreeve is steady again: " + beforehand(n)
	}
	return checkLine(n)
}

// trouble says a fault of our own: what is, or what was.
func trouble(n *notify.Notice) string    { return faultWords(n)[0] }
func beforehand(n *notify.Notice) string { return faultWords(n)[1] }

func faultWords(n *notify.Notice) [2]string {
	about := strings.TrimPrefix(n.Check, health.SelfPrefix)
	words, known := map[health.Reason][2]string{
		health.LocalNetwork:  {"portreeve is cut off", "it was cut off"},
		health.LocalResolver: {"portreeve gets no answer from the resolver", "it got no answer from the resolver"},
		health.LocalFDs:      {"portreeve has no descriptors left", "it had no descriptors left"},
		health.LocalPorts:    {"portreeve has no local ports left", "it had no local ports left"},
		health.LocalOverload: {"portreeve is too busy to check in time", "it was too busy to check in time"},
		health.LocalClock:    {"portreeve cannot trust the clock", "it could not trust the clock"},
		health.LocalPolicy:   {"portreeve may not connect to some targets", "it might not connect to some targets"},
	}[health.Reason(about)]
	if !known {
		about = strings.ReplaceAll(clean(about, maxName), "_", " ")
		return [2]string{"portreeve has trouble: " + about, "it had trouble: " + about}
	}
	return words
}

func evidence(n *notify.Notice) string {
	if n.Text == "" {
		return ""
	}
	return ": " + n.Text.Clip(maxRemark)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
