package mail

import (
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/portreeve/portreeve/internal/foreign"
)

// maxCertificates bounds a file of certificates, in bytes: those of a whole
// system take some hundred thousand.
const maxCertificates = 4 << 20

// certificates reads a regular file of bounded size; a pipe must not keep us
// waiting.
func certificates(file string) ([]byte, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", foreign.Text(file).Clip(200))
	}
	pem, err := io.ReadAll(io.LimitReader(f, maxCertificates+1))
	if err == nil && len(pem) > maxCertificates {
		return nil, fmt.Errorf("%s is larger than %d bytes", foreign.Text(file).Clip(200), maxCertificates)
	}
	return pem, err
}
