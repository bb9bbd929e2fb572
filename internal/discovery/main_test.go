package discovery

import (
	"flag"
	"os"
	"testing"
)

// TestMain has more tests run at once than there are processors: most of the time
// they wait for what multicast DNS waits for.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
