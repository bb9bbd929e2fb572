// Package client lets an app sign itself up with portreeve, which then watches
// it and tells people when it fails.
//
// Three lines are enough:
//
//	app, err := client.Register(ctx, client.Check{Name: "shop", URL: "http://:3000/health"})
//	if err != nil { … } // the check itself is wrong: a mistake in the program
//	defer app.Close()
//
// They find the server by multicast DNS, or by the environment variable
// PORTREEVE_SERVER; see [Find]. (Multicast DNS works on Linux only, all else
// everywhere.) A URL without a host means the machine that the app runs on. Register
// returns at once and never fails because the monitor is away: the app is signed up
// as soon as there is a server, and again when a server has forgotten it or has
// moved. See [App] and the options.
//
// Who would rather make each request by hand uses [Server].
//
// Jobs and devices that nobody can ask sign up with a URL push://NAME and a
// Period, and send heartbeats: [App.Beat], [Job], [Server.Beat].
//
// [Health] answers questions after the app's own health in the format
// application/health+json (draft-inadarei-api-health-check-06), which portreeve
// and others understand. [ReadHealth] reads such answers.
//
// Nothing in the package keeps state outside the values that it returns, starts a
// goroutine that their Close does not end, or writes to a log that it was not given.
package client
