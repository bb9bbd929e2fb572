package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	slowConns = 6000
	slowAddrs = 100 // of the attackers
)

// TestSlowHeaders: thousands of callers from elsewhere who never finish their
// requests neither keep the page from this machine's people nor take its memory.
func TestSlowHeaders(t *testing.T) {
	w := newTrapWith(t, registering)
	for i := range slowAddrs {
		w.caller.ip(fmt.Sprintf("addr add %s/24 dev eth0", slowAddr(i)))
	}
	client := w.at()
	page := func() time.Duration {
		began := time.Now()
		resp, err := client.Get(w.url + "/")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Fatal(resp.Status)
		}
		return time.Since(began)
	}
	for range 20 {
		page()
	}
	before := resident(t, w.server.pid())
	stop := w.crawl()
	var took []time.Duration
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		took = append(took, page())
		time.Sleep(50 * time.Millisecond)
	}
	grown := resident(t, w.server.pid()) - before
	opened := stop()
	slices.Sort(took)
	median, worst := took[len(took)/2], took[len(took)-1]
	t.Logf("%d slow connections opened by %d addresses; the page answered %d times, within %v (median %v); memory grew by %.1f MB", opened, slowAddrs, len(took), worst, median, grown)
	if opened < slowConns {
		t.Errorf("only %d slow connections were opened", opened)
	}
	if median > 100*time.Millisecond {
		t.Errorf("the page took %v", median)
	}
	if grown > 32 {
		t.Errorf("memory grew by %.1f MB", grown)
	}
}

// slowAddr is the i-th address of the attackers.
func slowAddr(i int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}) }

// crawl has attackers on the caller's machine begin requests that they do not
// end, a letter at a time, and begin others where they are cut off. The function
// that it returns ends them and tells how many there were.
func (w *trap) crawl() (stop func() int) {
	at := netip.MustParseAddrPort(w.url[len("http://"):])
	var (
		mu     sync.Mutex
		opened int
		ended  = make(chan struct{})
		all    sync.WaitGroup
	)
	for i := range slowAddrs {
		all.Go(func() {
			runtime.LockOSThread() // for good
			if err := unix.Setns(int(w.caller.file.Fd()), unix.CLONE_NEWNET); err != nil {
				w.t.Error(err)
				return
			}
			conns := make([]net.Conn, slowConns/slowAddrs)
			defer func() {
				for _, c := range conns {
					if c != nil {
						c.Close()
					}
				}
			}()
			d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(slowAddr(i), 0)), Timeout: 5 * time.Second}
			for {
				for k, c := range conns {
					select {
					case <-ended:
						return
					default:
					}
					if c != nil {
						if _, err := c.Write([]byte("x")); err == nil {
							continue
						}
						c.Close()
					}
					if conns[k], _ = d.Dial("tcp", at.String()); conns[k] != nil {
						_, _ = conns[k].Write([]byte("GET / HTTP/1.1\r\nX: "))
						mu.Lock()
						opened++
						mu.Unlock()
					}
				}
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
	eventually(w.t, 60*time.Second, func() string {
		mu.Lock()
		defer mu.Unlock()
		if opened < slowConns {
			return fmt.Sprintf("%d connections are open", opened)
		}
		return ""
	})
	return func() int {
		close(ended)
		all.Wait()
		return opened
	}
}
