package frameworks_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/vingd/vingd-api-go/examples/frameworks"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// ginSite has content, and middlewares behind the paywall.
func ginSite(content gin.HandlerFunc, behind ...gin.HandlerFunc) func(frameworks.Middleware) http.Handler {
	return func(sold frameworks.Middleware) http.Handler {
		gin.SetMode(gin.ReleaseMode)
		site := gin.New()
		site.GET("/article", append(append([]gin.HandlerFunc{frameworks.Gin(sold)}, behind...), content)...)
		return site
	}
}

// echoSite has content, and middlewares behind the paywall.
func echoSite(content echo.HandlerFunc, behind ...echo.MiddlewareFunc) func(frameworks.Middleware) http.Handler {
	return func(sold frameworks.Middleware) http.Handler {
		site := echo.New()
		site.GET("/article", content, append([]echo.MiddlewareFunc{frameworks.Echo(sold)}, behind...)...)
		return site
	}
}

// ginHalf is gin's content that fails half way, and then responds.
func ginHalf(respond func(c *gin.Context, err error)) gin.HandlerFunc {
	return func(c *gin.Context) { respond(c, halfway.Execute(c.Writer, struct{}{})) }
}

// echoHalf is echo's content that fails half way, and then responds.
func echoHalf(respond func(c echo.Context, err error) error) echo.HandlerFunc {
	return func(c echo.Context) error { return respond(c, halfway.Execute(c.Response(), struct{}{})) }
}

// Content fails half way, and a failure takes the place of its first half. The buyer is not charged.
func TestFrameworks_FailureAfterHalf(t *testing.T) {
	const failed = http.StatusInternalServerError
	echoLog := middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		HandleError: true, LogValuesFunc: func(echo.Context, middleware.RequestLoggerValues) error { return nil },
	})
	echoRecover := middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true, DisableStackAll: true})
	ginLog, ginRecover := gin.LoggerWithWriter(io.Discard), gin.RecoveryWithWriter(io.Discard)
	for name, test := range map[string]struct {
		site func(frameworks.Middleware) http.Handler
		kind string // Content-Type
	}{
		"gin http.Error":          {ginSite(ginHalf(func(c *gin.Context, err error) { http.Error(c.Writer, err.Error(), failed) })), "text/plain"},
		"gin AbortWithStatus":     {ginSite(ginHalf(func(c *gin.Context, _ error) { c.AbortWithStatus(failed) })), ""},
		"gin AbortWithError":      {ginSite(ginHalf(func(c *gin.Context, err error) { _ = c.AbortWithError(failed, err) })), ""},
		"gin AbortWithStatusJSON": {ginSite(ginHalf(func(c *gin.Context, _ error) { c.AbortWithStatusJSON(failed, gin.H{}) })), "application/json"},
		"gin String":              {ginSite(ginHalf(func(c *gin.Context, _ error) { c.String(failed, "lost") })), "text/plain"},
		"gin Status":              {ginSite(ginHalf(func(c *gin.Context, _ error) { c.Status(failed) })), ""},
		"gin Recovery behind":     {ginSite(ginHalf(func(_ *gin.Context, err error) { panic(err) }), ginLog, ginRecover), ""},
		"echo http.Error": {echoSite(echoHalf(func(c echo.Context, err error) error {
			http.Error(c.Response(), err.Error(), failed)
			return nil
		})), "text/plain"},
		"echo String":         {echoSite(echoHalf(func(c echo.Context, _ error) error { return c.String(failed, "lost") })), "text/plain"},
		"echo Error":          {echoSite(echoHalf(func(c echo.Context, err error) error { c.Error(err); return nil })), "application/json"},
		"echo Error twice":    {echoSite(echoHalf(func(c echo.Context, err error) error { c.Error(err); return err })), "application/json"},
		"echo Logger behind":  {echoSite(echoHalf(func(_ echo.Context, err error) error { return err }), echoLog), "application/json"},
		"echo Recover behind": {echoSite(echoHalf(func(_ echo.Context, err error) error { panic(err) }), echoLog, echoRecover), "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t, test.site)
			ann := s.Buyer("Ann", 5_00)
			page, err := ann.Visit(t.Context(), s.browser(t), s.server.URL+"/article")
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(page.Body)
			if err := errors.Join(err, page.Body.Close()); err != nil || page.StatusCode != failed ||
				strings.Contains(string(body), "Here is") || !strings.HasPrefix(page.Header.Get("Content-Type"), test.kind) {
				t.Errorf("got %s %q %v, %v", page.Status, body, page.Header, err)
			}
			s.close()
			s.Advance(16 * time.Minute)
			if balance := ann.Balance(); balance != 5_00 {
				t.Errorf("Ann holds %v", balance)
			}
		})
	}
}

// A part has gone out, and is charged. A later failure adds nothing to it.
func TestFrameworks_FailureAfterFlush(t *testing.T) {
	for name, site := range map[string]func(frameworks.Middleware) http.Handler{
		"gin": ginSite(func(c *gin.Context) {
			c.String(http.StatusOK, "part")
			c.Writer.Flush()
			c.AbortWithStatus(http.StatusInternalServerError)
		}),
		"echo": echoSite(func(c echo.Context) error {
			_ = c.String(http.StatusOK, "pa")
			c.Response().Flush()
			_, err := c.Response().Write([]byte("rt"))
			c.Error(errors.New("the rest is lost"))
			return err
		}),
	} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t, site)
			ann := s.Buyer("Ann", 5_00)
			page, err := ann.Visit(t.Context(), s.browser(t), s.server.URL+"/article")
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(page.Body)
			if err := errors.Join(err, page.Body.Close()); err != nil || page.StatusCode != http.StatusOK || string(body) != "part" {
				t.Errorf("got %s %q, %v", page.Status, body, err)
			}
			s.close()
			if balance := ann.Balance(); balance != 3_00 {
				t.Errorf("Ann holds %v", balance)
			}
		})
	}
}

// Chi's log is around the paywall, in HideTokens. It tells the status of the failure, and no token.
func TestChi_LogOutside(t *testing.T) {
	var lines strings.Builder
	logged := chimiddleware.RequestLogger(&chimiddleware.DefaultLogFormatter{Logger: log.New(&lines, "", 0), NoColor: true})
	s := openSite(t, func(sold frameworks.Middleware) http.Handler {
		site := chi.NewRouter()
		site.With(paywall.HideTokens(logged), sold).Get("/article", func(w http.ResponseWriter, _ *http.Request) {
			if err := halfway.Execute(w, struct{}{}); err != nil {
				http.Error(w, "lost", http.StatusInternalServerError)
			}
		})
		return site
	})
	ann := s.Buyer("Ann", 5_00)
	page, err := ann.Visit(t.Context(), s.browser(t), s.server.URL+"/article")
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Body.Close(); err != nil || page.StatusCode != http.StatusInternalServerError {
		t.Errorf("got %s, %v", page.Status, err)
	}
	s.close()
	s.server.Close()
	if text := lines.String(); !strings.Contains(text, "tid=hidden") || !strings.Contains(text, " - 500 ") {
		t.Errorf("the log has %s", text)
	}
	s.Advance(16 * time.Minute)
	if balance := ann.Balance(); balance != 5_00 {
		t.Errorf("Ann holds %v", balance)
	}
}
