package app

import (
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/term"
)

// mostReasons is how many hosts that are not ok get a line of evidence.
const mostReasons = 10

// print prints hosts as they are done, in their order, until all were asked.
func (r *rounds) print(asked <-chan error) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	defer r.progress.Clear()
	for {
		select {
		case <-r.news:
			if err := r.lines(false); err != nil {
				return err
			}
		case <-tick.C:
			r.progress.Show(r.stand())
		case err := <-asked:
			return err
		}
	}
}

// finish prints what is left and sums up.
func (r *rounds) finish(interrupted bool) error {
	if err := r.lines(true); err != nil {
		return err
	}
	if len(r.hosts) > 1 {
		for i := range r.reasons {
			r.reasons[i].Hint = "" // for one host a hint is help, for ten it is noise
		}
	}
	if more := r.summary.Hosts - r.summary.Count(health.GradeOK) - len(r.reasons); more > 0 && len(r.reasons) > 0 {
		r.reasons = append(r.reasons, term.Line{Text: fmt.Sprintf("and %d more; --json tells why of each", more), Tone: term.Faint})
	}
	if len(r.hosts) > 1 || interrupted {
		r.reasons = append(r.reasons, term.Line{Text: r.summing(interrupted)})
	}
	return term.Remark(r.errs, r.reasons)
}

// summing words the summary.
func (r *rounds) summing(interrupted bool) string {
	took := time.Since(r.began).Round(100 * time.Millisecond)
	if interrupted {
		return fmt.Sprintf("interrupted after %v, in round %d of %d; %s", took, r.round(), r.options.Checks, &r.summary)
	}
	if r.options.Checks == 1 {
		return fmt.Sprintf("%s; one check of each in %v", &r.summary, took)
	}
	return fmt.Sprintf("%s; %d checks of each in %v", &r.summary, r.options.Checks, took)
}

// lines prints the hosts that are next and done, or all that are left.
func (r *rounds) lines(all bool) error {
	ready := r.take(all)
	if len(ready) > 0 {
		r.progress.Clear()
	}
	for _, f := range ready {
		r.count(f)
		if err := r.line(f); err != nil {
			return err
		}
	}
	return r.out.Flush()
}

// take returns the hosts that can be printed, and forgets their results.
func (r *rounds) take(all bool) []term.Flappy {
	r.mu.Lock()
	defer r.mu.Unlock()
	var ready []term.Flappy
	for ; r.next < len(r.hosts) && (all || r.complete(r.next)); r.next++ {
		h := r.hosts[r.next]
		ready = append(ready, term.Flappy{Host: h.name, Port: h.port, Tally: r.tallies[r.next]})
		r.tallies[r.next].Last, r.tallies[r.next].Failure = nil, nil
	}
	return ready
}

func (r *rounds) line(f term.Flappy) error {
	if r.options.JSON {
		return term.WriteFlappyJSON(r.out, f)
	}
	_, err := fmt.Fprintln(r.out, f.Line(r.screen))
	return err
}

// count adds a host to the summary.
func (r *rounds) count(f term.Flappy) {
	r.summary.Add(f)
	r.outcome = r.outcome.worse(gradeOutcome(f.Tally.Grade()))
	if why, ok := f.Why(); ok && len(r.reasons) < mostReasons {
		r.reasons = append(r.reasons, why)
	}
}

// stand words how far it is.
func (r *rounds) stand() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("round %d of %d · %d of %d hosts judged", r.roundOf(r.answers), r.options.Checks, r.done, len(r.hosts))
}

func (r *rounds) round() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.roundOf(r.answers)
}

// roundOf returns the round that is under way after so many answers.
func (r *rounds) roundOf(answers int) int { return min(answers/len(r.hosts)+1, r.options.Checks) }
