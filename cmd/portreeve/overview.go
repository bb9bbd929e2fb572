package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// overview is what portreeve says to somebody who typed its name alone.
func overview(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nCommands:\n", app.Help)
	for _, c := range app.Children {
		if !c.Hidden {
			fmt.Fprintf(&b, "  %-12s%s\n", c.Name, c.Help)
		}
	}
	b.WriteString(`
To begin with:
  portreeve ports                  what listens here, problems first
  portreeve conns 8500             who is connected to port 8500
  portreeve flappy 443 web1 web2   which of them are up, down or flappy
  portreeve check https://host/    is it well, and if not, why
  portreeve monitor https://host/  mail me when it is down, and when it is back
  portreeve serve                  the same as a page, an API and metrics
  portreeve register shop http://:3000/health    have such a server watch my app

"portreeve COMMAND --help" tells more, "portreeve man | man -l -" all.
`)
	_, err := io.WriteString(w, b.String())
	return err
}
