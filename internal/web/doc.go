// Package web shows the board to people and programs: the machine page at /,
// the JSON API at /api/v1 with its OpenAPI document, the stream of events,
// /metrics and /healthz.
//
// Everything is read-only and is made anew from one [board.View] per request:
// nothing rendered is kept. The page works without JavaScript; with it, the
// page asks for itself again whenever the board has moved on, and moves its own
// elements to match.
//
// The server trusts nobody by default: callers from elsewhere are refused
// unless [Options.Public] is set, a request must name the machine as its host,
// other sites' pages may not embed or read anything, and a crowd of slow or
// greedy callers cannot keep others out.
package web
