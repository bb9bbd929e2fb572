// Package compat answers as the server called healthchecker did, so that its
// Python client signs apps up unchanged:
//
//	POST /healthchecker/monitor         a form: watch my app
//	GET  /healthchecker/pause?appname=  also resume, stop, stopmonitoring and info
//	GET  /healthchecker/status          who is watched: a page, plain text or JSON
//
// Its callers know no tokens. Who comes from one of the networks that may sign up
// is let in, and whoever signed an app up is known by the address, which alone may
// pause, resume, stop or read it.
//
// That a GET changes something is unheard of today, and any page could make a
// browser send one. So it is done for programs only: what looks like a browser's
// request gets a page with a button instead, and what another site's page made a
// browser send is refused. People use the buttons of the status page, which are
// forms of this site. That requests call the server by one of its own names is
// seen to by who mounts the handler.
package compat
