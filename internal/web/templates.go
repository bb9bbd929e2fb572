package web

import (
	"embed"
	"html/template"
)

//go:embed templates/*.html
var templateFiles embed.FS

// parsePages reads the embedded templates; a broken one is found by any test.
func parsePages(assets map[string]asset) *template.Template {
	funcs := template.FuncMap{"asset": assetURL(assets)}
	return template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/*.html"))
}
