package app

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// supportRoute is the name of the route that --to makes.
const supportRoute = "support"

// spec is the check that is asked for.
func (o MonitorOptions) spec() (health.Spec, error) {
	target, err := o.target()
	if err != nil {
		return health.Spec{}, err
	}
	spec := health.SpecFor(target)
	spec.Origin = health.FromFlag
	if spec.Interval, err = seconds("interval", cmp.Or(o.Interval, o.variable("INTERVAL"), "5s")); err != nil {
		return spec, err
	}
	if spec.Timeout, err = seconds("timeout", o.Timeout); err != nil {
		return spec, err
	}
	if o.Timeout == "" {
		spec.Timeout = min(2*health.Duration(time.Second), spec.Interval/10*9)
	}
	spec.Thresholds = health.Thresholds{Unhealthy: o.Unhealthy, Healthy: o.Healthy}
	spec.Expect = cmp.Or(o.Expect, MonitorExpect)
	if len(o.recipients()) > 0 {
		spec.Alerts = []string{supportRoute}
	}
	wrong := spec.Validate()
	if wrong == nil {
		wrong = fieldChecker()(&spec)
	}
	if wrong != nil {
		return spec, usage(fmt.Errorf("%s: %s", flagOfField(wrong[0].Field), wrong[0].Reason), wrong[0].Hint)
	}
	return spec, nil
}

// target is the API to ask.
func (o MonitorOptions) target() (string, error) {
	text := cmp.Or(strings.TrimSpace(o.URL), o.variable("API_URL"))
	const example = "write it as in https://api.example.org/status"
	scheme, _, ok := strings.Cut(text, "://")
	switch {
	case text == "":
		return "", usage(errors.New("monitor what?"), "give a URL, or set API_URL")
	case !ok && strings.Contains(text, "@"): // there may be a password before it
		return "", usage(errors.New("this is no URL"), example)
	case !ok:
		return "", usage(fmt.Errorf("%q is no URL", text), "write it with its scheme, as in https://"+text)
	case !slices.Contains([]string{"http", "https"}, strings.ToLower(scheme)):
		return "", usage(fmt.Errorf("monitor asks by http or https, not by %q", scheme), "serve has checks of other kinds: portreeve serve --check TARGET")
	}
	t, err := health.ParseTarget(text)
	if err == nil && t.Host == "" {
		err = fmt.Errorf("%q names no host", text)
	}
	if err != nil {
		return "", usage(err, example)
	}
	return text, nil
}

// flagOfField is a field of a check as `monitor` calls it.
func flagOfField(field string) string {
	switch field {
	case "unhealthy_threshold", "healthy_threshold":
		return "--" + strings.TrimSuffix(field, "_threshold")
	case "interval", "timeout", "expect":
		return "--" + field
	}
	return field
}

// seconds reads a duration; a bare number is of seconds.
func seconds(name, text string) (health.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if n, bare := strconv.ParseFloat(text, 64); bare == nil {
		const most = math.MaxInt64 / float64(time.Second)
		d, err = time.Duration(n*float64(time.Second)), nil
		if math.IsNaN(n) || math.Abs(n) >= most {
			err = strconv.ErrRange
		}
	}
	if err != nil {
		return 0, usage(fmt.Errorf("--%s: %q is no duration", name, text), "write it as in 5s or 1m30s; a bare number is of seconds")
	}
	return health.Duration(d), nil
}
