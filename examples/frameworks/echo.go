package frameworks

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// Echo returns a paywall as a middleware of echo.
//
// If the content returns an error, echo's error handler responds inside the paywall, and the buyer is not charged. An error
// after a part of the content is a panic, which the paywall takes as content that is not ready.
//
// Echo takes the response as not begun while the paywall holds it back. A function of echo.Response.Before runs at each write
// until then.
func Echo(sold Middleware) echo.MiddlewareFunc {
	return func(content echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			request, response := c.Request(), c.Response()
			defer func() {
				c.SetRequest(request)
				c.SetResponse(response)
			}()
			sold(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner := echo.NewResponse(nil, c.Echo())
				inner.Writer = &echoWriter{ResponseWriter: w, inner: inner, outer: response}
				c.SetRequest(r)
				c.SetResponse(inner)
				err := content(c)
				switch {
				case err == nil, inner.Committed && inner.Status >= 300:
				case inner.Committed, inner.Size > 0:
					panic(err)
				default:
					c.Error(err)
				}
			})).ServeHTTP(response, request)
			return nil
		}
	}
}

// An echoWriter lets echo pass a failure on, while the paywall holds a success back.
type echoWriter struct {
	http.ResponseWriter

	inner, outer *echo.Response
}

// Write writes a part of the body.
func (w *echoWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.inner.Committed = w.outer.Committed
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *echoWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WithEcho returns a website that sells its articles.
func WithEcho(sold Middleware, article echo.HandlerFunc) http.Handler {
	site := echo.New()
	site.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true}))
	site.GET("/articles/:name", article, Echo(sold))
	site.HEAD("/articles/:name", article, Echo(sold))
	site.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "front page") })
	return site
}
