package frameworks

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Gin returns a paywall as a middleware of gin.
//
// The handlers behind it run only if the paywall lets them. They write to a writer of the paywall's. It is taken away when
// they return or panic, so that handlers in front of it, such as gin.Recovery, write to their own.
func Gin(sold Middleware) gin.HandlerFunc {
	return func(c *gin.Context) {
		request, outer, served := c.Request, c.Writer, false
		defer func() {
			c.Request, c.Writer = request, outer
			if !served {
				c.Abort()
			}
		}()
		sold(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner := newGinWriter(w)
			served, c.Request, c.Writer = true, r, inner
			c.Next()
			inner.WriteHeaderNow() // of a response without a body
		})).ServeHTTP(outer, request)
	}
}

// WithGin returns a website that sells its articles.
func WithGin(sold Middleware, article gin.HandlerFunc) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	site := gin.New()
	site.Use(gin.RecoveryWithWriter(io.Discard))
	site.GET("/articles/:name", Gin(sold), article)
	site.HEAD("/articles/:name", Gin(sold), article)
	site.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "front page") })
	return site
}
