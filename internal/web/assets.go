package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
)

//go:embed assets/*.css assets/*.js assets/*.svg
var assetFiles embed.FS

// An asset is an embedded file that pages need, and what it is known by: pages
// ask for it by version, so that browsers may keep it for good.
type asset struct {
	body    []byte
	kind    string
	version string
}

// loadAssets reads the embedded files.
func loadAssets() map[string]asset {
	assets := map[string]asset{}
	entries, err := fs.ReadDir(assetFiles, "assets")
	for _, e := range entries {
		var body []byte
		if body, err = fs.ReadFile(assetFiles, "assets/"+e.Name()); err != nil {
			break
		}
		sum := sha256.Sum256(body)
		assets[e.Name()] = asset{body, mediaType(e.Name()), hex.EncodeToString(sum[:6])}
	}
	if err != nil {
		panic(fmt.Sprintf("web: embedded assets: %v", err)) // they were there when the program was built
	}
	return assets
}

// mediaType names the types itself: the machine's tables may say anything.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return "image/svg+xml"
}

// assetURL returns the path by which a page asks for an asset.
func assetURL(assets map[string]asset) func(name string) (string, error) {
	return func(name string) (string, error) {
		a, ok := assets[name]
		if !ok {
			return "", fmt.Errorf("no asset %q", name)
		}
		return "/assets/" + name + "?v=" + a.version, nil
	}
}

func (s *Server) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.PathValue("name")]
	if !ok {
		p := problem{Status: http.StatusNotFound, Detail: "There is no such file."}
		p.serve(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", `"`+a.version+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if matches(r.Header.Get("If-None-Match"), h.Get("ETag")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if r.Method != http.MethodHead {
		w.Write(a.body)
	}
}
