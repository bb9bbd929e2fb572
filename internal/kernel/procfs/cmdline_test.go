package procfs

import (
	"os"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/port"
)

func TestScript(t *testing.T) {
	tests := []struct{ cmdline, want string }{
		{"node server.js", "server.js"},
		{"node --max-old-space-size=512 /srv/shop/server.js --token=hunter2", "/srv/shop/server.js"},
		{"node -r dotenv/config --import ./trace.mjs dist/main.js", "dist/main.js"},
		{"node --inspect=0.0.0.0:9229 --enable-source-maps app", "app"},
		{"node inspect app.js", "app.js"},
		{"node -- -odd.js", ""},
		{"node -- odd.js", "odd.js"},
		{"node -e require('http').createServer().listen(3000)", ""},
		{"node --eval code file.js", ""},
		{"node -pe 1+1", ""},
		{"node --run start", ""},
		{"node -", ""},
		{"node", ""},
		{"nodejs app.js", "app.js"},

		{"python3 app.py --password s3cret", "app.py"},
		{"python3.11 -u -W ignore -X dev /srv/app.py", "/srv/app.py"},
		{"python3 -Wignore -Xdev app.py", "app.py"},
		{"python3 -m http.server 8000", "http.server"},
		{"python3 -um http.server", "http.server"},
		{"python3 -mhttp.server", "http.server"},
		{"python3 -umhttp.server", "http.server"},
		{"python3 -c import_socket", ""},
		{"python3 -Ic import_socket arg.py", ""},
		{"python3 --check-hash-based-pycs always app.py", "app.py"},
		{"python2.7 /usr/bin/gunicorn app:app", "/usr/bin/gunicorn"},
		{"pypy3 app.py", "app.py"},
		{"python3 -", ""},

		{"java -jar shop.jar --secret=1", "shop.jar"},
		{"java -Xmx512m -Dkey=s3cret -jar /opt/shop.jar", "/opt/shop.jar"},
		{"java -cp a.jar:b.jar -javaagent:agent.jar org.example.Main secret", "org.example.Main"},
		{"java -p mods -m shop/org.example.Main", "shop/org.example.Main"},
		{"java --add-opens java.base/java.lang=ALL-UNNAMED --enable-preview Main", "Main"},
		{"java --add-opens=java.base/java.lang=ALL-UNNAMED Main", "Main"},
		{"java @options.txt org.example.Main", "org.example.Main"},
		{"java -version", ""},

		{"ruby -w -I lib -r bundler/setup bin/rails server", "bin/rails"},
		{"ruby -Ilib -rbundler/setup -W0 app.rb", "app.rb"},
		{"ruby -W:no-deprecated app.rb", "app.rb"},
		{"ruby -e puts(1)", ""},
		{"ruby -ne puts(1)", ""},
		{"ruby -C /srv app.rb", "app.rb"},
		{"ruby --enable yjit app.rb", "app.rb"},

		{"php -S 0.0.0.0:8000 -t public router.php", "router.php"},
		{"php -S 0.0.0.0:8000 -t public", ""},
		{"php -d memory_limit=1G artisan serve", "artisan"},
		{"php -dmemory_limit=1G -f worker.php", "worker.php"},
		{"php -r echo(1);", ""},
		{"php -q --define a=b -- worker.php", "worker.php"},

		{"perl -T -I lib app.pl", "app.pl"},
		{"perl -MIO::Socket -Ilib app.pl", "app.pl"},
		{"perl -lne print", ""},
		{"perl -0777 -i.bak app.pl", "app.pl"},
		{"perl -d:NYTProf app.pl", "app.pl"},
		{"perl -E say(1)", ""},

		{"deno run --allow-net --config deno.json main.ts", "main.ts"},
		{"deno serve --port 8000 ./server.ts", "./server.ts"},
		{"deno main.ts", "main.ts"},
		{"deno run https://user:pass@example.org/x.ts", ""},
		{"deno eval console.log(1.5)", ""},
		{"deno task start", ""},
		{"bun run --cwd /srv index.ts", "index.ts"},
		{"bun src/index.ts", "src/index.ts"},
		{"bun run dev", ""},
	}
	for _, tt := range tests {
		exe, _, _ := strings.Cut(tt.cmdline, " ")
		cmdline := strings.ReplaceAll(tt.cmdline, " ", "\x00") + "\x00"
		if got := dialectOf("/usr/bin/" + exe).script([]byte(cmdline)); string(got) != tt.want {
			t.Errorf("%s: got %q, want %q", tt.cmdline, got, tt.want)
		}
	}
}

func TestScriptOfARewrittenTitle(t *testing.T) {
	for _, cmdline := range []string{
		"", "\x00", "\x00\x00\x00", "gunicorn: master [app:app]\x00", "puma 6.4 (tcp://0.0.0.0:3000) [shop]" + strings.Repeat("\x00", 80),
		"no end",
	} {
		if got := dialectOf("python3").script([]byte(cmdline)); got != nil {
			t.Errorf("%q: got %q", cmdline, got)
		}
	}
}

func TestScriptOfOlderKernels(t *testing.T) {
	b, err := os.ReadFile("testdata/centos8/811/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	if got := dialectOf("/usr/bin/node").script(b); string(got) != "/srv/shop/server.js" {
		t.Errorf("got %q", got)
	}
}

// TestDialectsAreOfInterpreters keeps the two lists together: a script without
// a dialect would never be found, a dialect without interpreter never be used.
func TestDialectsAreOfInterpreters(t *testing.T) {
	for _, d := range dialects {
		for _, name := range d.names {
			if !port.Interpreter("/usr/bin/"+name) || dialectOf("/opt/"+name+"3.12") == nil {
				t.Errorf("%s has a dialect, but is no interpreter", name)
			}
		}
	}
	for _, exe := range []string{"/usr/sbin/nginx", "", "/usr/bin/nodeenv", "/usr/sbin/php-fpm8.2"} {
		if dialectOf(exe) != nil {
			t.Errorf("%q has a dialect", exe)
		}
	}
}

func FuzzCmdline(f *testing.F) {
	for kind, seed := range fixtures(f, "*/*/cmdline") {
		f.Add(seed, uint8(kind))
	}
	f.Add("node\x00-r\x00x\x00server.js\x00--token=hunter2\x00", uint8(5))
	f.Add("python3\x00-umhttp.server\x00", uint8(0))
	f.Add("perl\x00-i.bak\x00-e\x00code", uint8(3))
	f.Fuzz(func(t *testing.T, cmdline string, kind uint8) {
		got := string(dialects[int(kind)%len(dialects)].script([]byte(cmdline)))
		_, args, _ := strings.Cut(cmdline, "\x00")
		switch {
		case got == "":
		case strings.ContainsAny(got, "\x00"):
			t.Errorf("%q is more than one argument of %q", got, cmdline)
		case !strings.Contains("\x00"+args+"\x00", got+"\x00"):
			t.Errorf("%q is no argument of %q", got, cmdline)
		case got[0] == '-', strings.Contains(got, "://"):
			t.Errorf("%q is kept of %q", got, cmdline)
		}
	})
}
