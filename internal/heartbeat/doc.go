// Package heartbeat hears those who cannot be asked: jobs that run now and then,
// devices behind walls. They tell when they begin, end and fail; silence is the
// failure. What was heard last of each is kept as JSON under a key with a
// revision, in the journal's file:
//
//	beat/NAME       the last run, and from when silence counts
//
// A signal takes effect first and is kept then; when it cannot be kept, it is
// tried again until it can. Questions are answered from memory.
//
// Silence is measured by the monotonic clock, and over a restart by the wall
// clock, so a clock that is set makes no job silent, and none that is silent
// alive: only a signal does that. Where nobody could hear, or nobody wanted to
// know, at the time at which a heartbeat was due, it is given its whole time
// again ([Book.Away]). A sender elsewhere is not heard either while our own link
// is down: so once its signal may come, a [Canary] is asked whether it could be
// heard. Who is on this machine, or tells that it failed, is believed.
package heartbeat
