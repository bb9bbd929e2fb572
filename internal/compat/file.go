package compat

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed assets templates
var embedded embed.FS

// A file is an embedded one that pages need. They ask for it by version, so that
// browsers may keep it for good.
type file struct {
	body    []byte
	kind    string
	version string
}

// loadFiles reads the embedded files, by name.
func loadFiles() map[string]file {
	files := map[string]file{}
	entries, err := fs.ReadDir(embedded, "assets")
	for _, e := range entries {
		var body []byte
		if body, err = fs.ReadFile(embedded, "assets/"+e.Name()); err != nil {
			break
		}
		sum := sha256.Sum256(body)
		files[e.Name()] = file{body, mediaType(e.Name()), hex.EncodeToString(sum[:6])}
	}
	if err != nil {
		panic(fmt.Sprintf("compat: embedded files: %v", err)) // they were there when the program was built
	}
	return files
}

func mediaType(name string) string {
	if path.Ext(name) == ".css" {
		return "text/css; charset=utf-8"
	}
	return "image/svg+xml"
}

// parsePages reads the embedded templates; a broken one is found by any test.
func parsePages(files map[string]file) *template.Template {
	address := func(name string) (string, error) {
		f, ok := files[name]
		if !ok {
			return "", fmt.Errorf("no file %q", name)
		}
		return Path + name + "?v=" + f.version, nil
	}
	return template.Must(template.New("").Funcs(template.FuncMap{"file": address, "press": press}).ParseFS(embedded, "templates/*.html"))
}

// file answers for one of the embedded files.
func (s *server) file(w http.ResponseWriter, r ask) *refusal {
	f := s.files[strings.TrimPrefix(r.URL.Path, Path)]
	h := w.Header()
	h.Set("Content-Type", f.kind)
	if r.URL.Query().Get("v") == f.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Write(f.body)
	return nil
}
