// Package history folds what the journal keeps into what people ask of it:
// outages ([Incidents]), uptime ([Measure]), bars ([Bars]) and response times
// ([Latency], [Sketch]). It is pure: the same entries make the same answer, on
// any host, at any time.
//
// # Uptime
//
// Uptime is healthy time by observed time, and beside it stands how much was
// observed. DEGRADING counts as up. An outage counts as down from its first
// failure to the first pass of its recovery, so that it does not depend on the
// thresholds; who waits longer before believing changes nothing but when the
// mail goes out. Nobody observed the target
//
//   - before its first judgement, and while its status was UNKNOWN;
//   - while it was PAUSED, in MAINTENANCE, or UNREACHABLE behind a parent that
//     was down: the last is the parent's outage, and counted there;
//   - in the gaps that an ended STALE tells of: portreeve was not running, was
//     stopped, or its own network was dead. An outage that goes on over such a
//     gap keeps its start and its length, but the gap counts as unobserved.
//
// Flapping changes nothing: it is about who is told.
//
// # Clocks that are set
//
// Entries come in the journal's order, and their times may go back when the
// clock was. A moment that the clock showed twice belongs to the entry that was
// written later. So every moment is counted once, and none of it is negative.
package history
