// Command release builds the command vingd for each platform, and packs it with its man pages and completions. The same
// commit and the same Go make the same archives, bit by bit. "make release" runs it.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// platforms are those that archives are made for.
var platforms = [][2]string{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "dist", "the directory of the archives")
	commit := flag.String("commit", "", "the commit that is built")
	at := flag.String("time", "", "the time of the commit, in RFC 3339")
	only := flag.String("only", "", "build for this platform only, like linux/amd64")
	flag.Parse()
	when, err := time.Parse(time.RFC3339, *at)
	if err != nil {
		log.Fatalf("-time %q: must be in RFC 3339", *at)
	}
	r := release{dir: *dir, commit: *commit, at: when.UTC(), only: *only}
	if err := r.run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// A release is what is made of a commit.
type release struct {
	dir    string
	commit string
	at     time.Time
	only   string
}

func (r *release) run(ctx context.Context) (err error) {
	work, err := os.MkdirTemp("", "vingd-release")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.MkdirAll(r.dir, 0o755); err != nil { //nolint:gosec // everybody may read archives
		return err
	}
	papers, err := r.papers(ctx, work)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, p := range platforms {
		if r.only != "" && r.only != p[0]+"/"+p[1] {
			continue
		}
		name, content, err := r.archive(ctx, work, p[0], p[1], papers)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(r.dir, name), content, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	return os.WriteFile(filepath.Join(r.dir, "SHA256SUMS"), []byte(sums.String()), 0o644) //nolint:gosec // as above
}

// build builds the command for a platform into a file.
func (r *release) build(ctx context.Context, goos, goarch, file string) error {
	const names = "github.com/vingd/vingd-api-go/cmd/vingd/internal/command."
	flags := fmt.Sprintf("-s -w -buildid= -X %scommit=%s -X %scommitted=%s", names, r.commit, names, r.at.Format(time.RFC3339))
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", file, "./cmd/vingd") //nolint:gosec // the maintainer's own flags
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// papers returns what goes with the program on every platform.
func (r *release) papers(ctx context.Context, work string) (papers []file, err error) {
	native := filepath.Join(work, "native")
	if err := r.build(ctx, runtime.GOOS, runtime.GOARCH, native); err != nil {
		return nil, err
	}
	for name, path := range map[string]string{"LICENSE": "LICENSE", "README.md": "docs/command.md"} {
		content, err := os.ReadFile(path) //nolint:gosec // it is one of the two above
		if err != nil {
			return nil, err
		}
		papers = append(papers, file{name: name, content: content})
	}
	pages := filepath.Join(work, "man")
	if err := exec.CommandContext(ctx, native, "man", pages).Run(); err != nil { //nolint:gosec // it was just built
		return nil, err
	}
	found, err := os.ReadDir(pages)
	if err != nil {
		return nil, err
	}
	for _, page := range found {
		content, err := os.ReadFile(filepath.Join(pages, page.Name())) //nolint:gosec // it was just written
		if err != nil {
			return nil, err
		}
		papers = append(papers, file{name: "man1/" + page.Name(), content: content})
	}
	for shell, name := range map[string]string{"bash": "vingd.bash", "zsh": "_vingd", "fish": "vingd.fish", "powershell": "vingd.ps1"} {
		content, err := exec.CommandContext(ctx, native, "completion", shell).Output() //nolint:gosec // as above
		if err != nil {
			return nil, err
		}
		papers = append(papers, file{name: "completions/" + name, content: content})
	}
	return papers, nil
}

// archive returns the archive of a platform.
func (r *release) archive(ctx context.Context, work, goos, goarch string, papers []file) (name string, content []byte, err error) {
	log.Printf("%s/%s", goos, goarch)
	program := "vingd"
	if goos == "windows" {
		program += ".exe"
	}
	built := filepath.Join(work, goos+"-"+goarch)
	if err := r.build(ctx, goos, goarch, built); err != nil {
		return "", nil, err
	}
	code, err := os.ReadFile(built) //nolint:gosec // it was just built
	if err != nil {
		return "", nil, err
	}
	top := fmt.Sprintf("vingd-%s-%s-%s", vingd.Version, goos, goarch)
	files := append([]file{{name: program, content: code, executable: true}}, papers...)
	if goos == "windows" {
		content, err = zipped(top, files, r.at)
		return top + ".zip", content, err
	}
	content, err = tarred(top, files, r.at)
	return top + ".tar.gz", content, err
}
