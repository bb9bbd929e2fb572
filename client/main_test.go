package client_test

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if anything of the package, or of a test, runs on at the end. The
// tests' machine trusts the certificate of httptest, which is for example.com.
func TestMain(m *testing.M) {
	os.Unsetenv("PORTREEVE_SERVER")
	dir, err := os.MkdirTemp("", "portreeve-client")
	if err != nil {
		panic(err)
	}
	s := httptest.NewTLSServer(nil)
	trusted := filepath.Join(dir, "roots.pem")
	err = os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600)
	s.Close()
	if err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", trusted)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}
