package portreeve_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A composition is compose.yaml, as far as it is read here.
type composition struct {
	Services map[string]struct {
		Image       string
		Build       string
		Command     []string
		Restart     string
		Ports       []string
		Environment map[string]string
		Volumes     []string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Healthcheck struct {
			Test    []string
			Retries int
		}
	}
	Volumes map[string]any
}

func compose(t *testing.T) composition {
	t.Helper()
	text, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c composition
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// pinned is an image by a tag that names a version.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:[0-9]+\.[0-9]`)

// TestComposeRunsAMonitorAndItsDatabase, which is well before it is written to,
// and both outlive their containers.
func TestComposeRunsAMonitorAndItsDatabase(t *testing.T) {
	c := compose(t)
	monitor, db := c.Services["monitor"], c.Services["db"]
	if len(c.Services) != 2 || monitor.Build != "." || !slices.Equal(monitor.Command, []string{"monitor"}) || !pinned.MatchString(db.Image) {
		t.Errorf("services %+v", c.Services)
	}
	if monitor.DependsOn["db"].Condition != "service_healthy" || len(db.Healthcheck.Test) < 2 || db.Healthcheck.Test[0] != "CMD" || db.Healthcheck.Retries == 0 {
		t.Errorf("the monitor waits for %v, the database is asked by %v", monitor.DependsOn, db.Healthcheck)
	}
	for name, s := range c.Services {
		if s.Restart == "" || len(s.Ports) > 0 || len(s.Volumes) != 1 {
			t.Errorf("%s: restart %q, ports %v, volumes %v", name, s.Restart, s.Ports, s.Volumes)
		}
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[volume]; !ok {
				t.Errorf("%s: there is no volume %s", name, volume)
			}
		}
	}
	if m := monitor.Environment; m["DB_HOST"] != "db" || m["DB_NAME"] != db.Environment["MARIADB_DATABASE"] ||
		m["DB_USER"] != db.Environment["MARIADB_USER"] || m["DB_PW"] != db.Environment["MARIADB_PASSWORD"] {
		t.Errorf("the monitor knocks as %v at %v", m, db.Environment)
	}
}

// TestComposeSetsWhatAMonitorKnows, and no secret is written out.
func TestComposeSetsWhatAMonitorKnows(t *testing.T) {
	var known strings.Builder
	for _, file := range []string{"internal/app/monitor_spec.go", "internal/app/monitor_sources.go", "internal/config/options.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		known.Write(text)
	}
	secret := regexp.MustCompile(`PASSWORD$|_PW$|TOKEN$`)
	for name, s := range compose(t).Services {
		for variable, value := range s.Environment {
			if name == "monitor" && !strings.Contains(known.String(), `"`+variable+`"`) && variable != "SUPPORT" {
				t.Errorf("monitor does not know %s", variable)
			}
			if secret.MatchString(variable) && (!strings.HasPrefix(value, "${") || regexp.MustCompile(`:-[^}]`).MatchString(value)) && value != "1" {
				t.Errorf("%s of %s is written out", variable, name)
			}
		}
	}
}

// TestDockerfile: an image of one static file that runs as an ordinary user, with
// the certificates of authorities, in the directory where its journal stays.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	build, image, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the image does not begin from nothing")
	}
	if from := regexp.MustCompile(`(?m)^FROM (\S+) AS build$`).FindStringSubmatch(build); from == nil || !pinned.MatchString(from[1]) || !strings.Contains(build, "CGO_ENABLED=0") {
		t.Errorf("it is not built as it should: %v", from)
	}
	var instructions []string
	for line := range strings.Lines(image) {
		instructions = append(instructions, strings.TrimSpace(line))
	}
	for _, want := range []string{
		"COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/",
		"COPY --from=build --chown=65532:65532 /out/state /var/lib/portreeve",
		"USER 65532:65532", "WORKDIR /var/lib/portreeve", "VOLUME /var/lib/portreeve", `ENTRYPOINT ["/portreeve"]`,
	} {
		if !slices.Contains(instructions, want) {
			t.Errorf("%s is missing", want)
		}
	}
	// The journal lies in the working directory unless somebody says otherwise,
	// and so in the volume.
	if v := compose(t).Services["monitor"].Volumes; !slices.Equal(v, []string{"journal:/var/lib/portreeve"}) {
		t.Errorf("the monitor's volumes are %v", v)
	}
	main, err := os.ReadFile("cmd/portreeve/main.go")
	if err != nil || !strings.Contains(string(main), `_ "time/tzdata"`) {
		t.Errorf("the image knows no time zones: %v", err)
	}
}
