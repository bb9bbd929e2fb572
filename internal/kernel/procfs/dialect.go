package procfs

import (
	"path"
	"slices"
	"strings"
)

// A dialect is how an interpreter's command line is to be read, as far as it
// takes to find the program in it.
type dialect struct {
	names    []string // executables, without the version behind the name
	letters  *letters // for interpreters that let letters be run together: -um
	value    []string // options whose value is the next argument
	program  []string // options whose value is the program
	code     []string // options and commands that bring no program but text
	words    []string // commands that stand before the program
	commands bool     // a bare word is a command, not a program
	files    bool     // @file stands for more options
}

// A letters sorts the letters of short options.
type letters struct {
	value   string // a value follows, in the same argument or in the next
	rest    string // what follows in the same argument is a value, if anything
	program string // the value is the program
	code    string // the value is the program's text
}

// dialectOf returns how to read the command line of an executable; nil for
// those that run no program of others, or do not say which (php-fpm).
func dialectOf(exe string) *dialect {
	name := strings.TrimRight(path.Base(exe), "0123456789.")
	i := slices.IndexFunc(dialects, func(d dialect) bool { return slices.Contains(d.names, name) })
	if i < 0 {
		return nil
	}
	return &dialects[i]
}

// The options come from the manual pages and --help of Python 3.13, Ruby 3.3,
// PHP 8.3, Perl 5.40, OpenJDK 21 (IsModuleOption and its kin in java.c),
// Node.js 22, Deno 2 and Bun 1.
var dialects = []dialect{
	{
		names:   []string{"python", "pypy"},
		letters: &letters{value: "WXQ", program: "m", code: "c"},
		value:   []string{"--check-hash-based-pycs"},
	},
	{
		names:   []string{"ruby"},
		letters: &letters{value: "rICXE", rest: "FKTix", code: "e"},
		value: []string{"--encoding", "--external-encoding", "--internal-encoding", "--enable", "--disable", "--dump",
			"--parser"},
	},
	{
		names:   []string{"php"},
		letters: &letters{value: "cdgtzS", program: "fF", code: "rRBE"},
		value:   []string{"--php-ini", "--define", "--docroot", "--server", "--zend-extension"},
		program: []string{"--file", "--process-file"},
		code:    []string{"--run", "--process-code", "--process-begin", "--process-end"},
	},
	{
		names:   []string{"perl"},
		letters: &letters{value: "I", rest: "CDFMimxV", code: "eE"},
	},
	{
		names: []string{"java"},
		value: []string{"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path",
			"--add-modules", "--limit-modules", "--add-exports", "--add-opens", "--add-reads", "--patch-module",
			"--enable-native-access", "--describe-module", "-d", "--source"},
		program: []string{"-jar", "-m", "--module"},
		files:   true,
	},
	{
		names: []string{"node", "nodejs"},
		value: []string{"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions",
			"--env-file", "--env-file-if-exists", "--input-type", "--title", "--icu-data-dir", "--openssl-config",
			"--redirect-warnings", "--disable-warning", "--diagnostic-dir", "--report-dir", "--report-directory",
			"--report-filename", "--report-signal", "--trace-event-categories", "--trace-event-file-pattern",
			"--tls-cipher-list", "--tls-keylog", "--unhandled-rejections", "--dns-result-order", "--heapsnapshot-signal",
			"--heapsnapshot-near-heap-limit", "--max-http-header-size", "--secure-heap", "--secure-heap-min",
			"--v8-pool-size", "--watch-path", "--inspect-port", "--debug-port", "--inspect-publish-uid",
			"--localstorage-file", "--cpu-prof-dir", "--cpu-prof-name", "--cpu-prof-interval", "--heap-prof-dir",
			"--heap-prof-name", "--heap-prof-interval", "--allow-fs-read", "--allow-fs-write", "--snapshot-blob",
			"--experimental-config-file", "--experimental-default-type", "--experimental-sea-config",
			"--network-family-autoselection-attempt-timeout", "--test-name-pattern", "--test-reporter",
			"--test-reporter-destination", "--test-concurrency", "--test-timeout"},
		code:  []string{"-e", "--eval", "-p", "-pe", "--print", "--run"},
		words: []string{"inspect", "debug"},
	},
	{
		names: []string{"deno"},
		value: []string{"-c", "--config", "--import-map", "-L", "--log-level", "--cert", "--seed", "--location", "--ext",
			"--host", "--port", "--env-file"},
		words:    []string{"run", "serve"},
		commands: true,
	},
	{
		names: []string{"bun"},
		value: []string{"-c", "--config", "--cwd", "-r", "--preload", "--require", "--import", "--env-file", "--port",
			"-d", "--define", "--conditions", "--tsconfig-override"},
		code:     []string{"-e", "--eval", "-p", "--print"},
		words:    []string{"run"},
		commands: true,
	},
}
