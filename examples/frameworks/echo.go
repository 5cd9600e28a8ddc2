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
func Echo(sold Middleware) echo.MiddlewareFunc {
	return func(content echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			request, response := c.Request(), c.Response()
			defer func() {
				c.SetRequest(request)
				c.SetResponse(response)
			}()
			sold(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner := echo.NewResponse(w, c.Echo())
				c.SetRequest(r)
				c.SetResponse(inner)
				err := content(c)
				if err != nil && inner.Committed {
					panic(err)
				}
				if err != nil {
					c.Error(err)
				}
			})).ServeHTTP(response, request)
			return nil
		}
	}
}

// WithEcho returns a website that sells its articles.
func WithEcho(sold Middleware, article echo.HandlerFunc) http.Handler {
	site := echo.New()
	site.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true}))
	site.GET("/articles/:name", article, Echo(sold))
	site.HEAD("/articles/:name", article, Echo(sold))
	site.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "front page") })
	return site
}
