//go:build nochat

package chat

import (
	"errors"

	"github.com/portreeve/portreeve/internal/notify"
)

// Services lists the services that there are: none in this build.
func Services() []string { return nil }

func open(Config) (notify.Sender, error) {
	return nil, wrong(errors.New("this build of portreeve has no chat services"), "use email or webhook, or a build without the tag nochat")
}
