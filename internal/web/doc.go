// Package web shows the board to people and programs: the machine page at /,
// the page of each check at /checks/NAME, outages and maintenance at /incidents,
// the JSON API at /api/v1 with its OpenAPI document, the stream of events,
// /metrics and /healthz; checks for Prometheus at /sd/checks and /probe; and
// is_flappy's questions at /check and /json.
//
// What is shown is made anew from one [board.View] per request: nothing
// rendered is kept. The page works without JavaScript; with it, the page asks
// for itself again whenever the board has moved on, and moves its own elements
// to match. What is asked of others now goes through an [Asker].
//
// What has been comes from a [History], read anew for each request and folded by
// package history; lists of many checks read none of it. What people ask for
// goes to a [Registry], by the API alone and with a token of the scope admin;
// pages have forms that a script sends, and the same as commands.
//
// What apps ask for goes to a [Registrar], and that somebody is alive to
// [Heartbeats]: these are the exceptions, and each has a rule of its own that says
// who may. Nothing is changed by GET, but for a heartbeat with its token in the
// path, and for what old clients do below /healthchecker/, which has a handler of
// its own.
//
// The server trusts nobody by default: callers from elsewhere need a token
// unless [Options.PublicRead] is set, a request must name the machine as its
// host, other sites' pages may not embed, read or ask anything, and a crowd of
// slow or greedy callers cannot keep others out. docs/security.md says it for
// operators.
package web
