package frontend

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/api"
)

// Redoc's standalone file is vendored as published, gzipped; assets/REDOC.md says which.
//
//go:embed assets/*.css assets/*.js assets/*.gz
var assetFiles embed.FS

// docsPolicy lets Redoc style its page. It loads the specification from here, and nothing from anywhere else.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// docs serves the API reference. Without JavaScript the page links to the specification.
func (p *pages) docs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", docsPolicy)
	p.render(w, http.StatusOK, "docs", nil)
}

func (p *pages) spec(w http.ResponseWriter, r *http.Request) {
	// Browsers show plain text, and put aside application/yaml among the downloads.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(api.Spec))
}

func (p *pages) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		p.zipped(w, r, name)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// zipped serves a file that is kept zipped. A client that can unzip gets it as it is.
func (p *pages) zipped(w http.ResponseWriter, r *http.Request, name string) {
	content, err := fs.ReadFile(assetFiles, "assets/"+name+".gz")
	if err != nil {
		p.nothing(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(content) //nolint:errcheck,gosec // the client is gone, and the content is embedded
		return
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		http.Error(w, "the file cannot be unzipped", http.StatusInternalServerError)
		return
	}
	io.Copy(w, unzipped) //nolint:errcheck,gosec // the file is one of this package's own
}
