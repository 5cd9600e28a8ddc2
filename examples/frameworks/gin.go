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
//
// Gin notes the error of a template, and aborts. After a part of the content, that is a panic here, which the paywall takes as
// content that is not ready.
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
			inner := newGinWriter(w, outer)
			served, c.Request, c.Writer = true, r, inner
			before := len(c.Errors)
			c.Next()
			if failed := c.Errors.Last(); len(c.Errors) > before && c.IsAborted() && inner.Written() && inner.Status() < 300 {
				panic(failed.Err) // such as a template that failed half way
			}
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
