// Package frameworks sells articles in websites that are made with chi, echo and gin.
//
// A paywall is a middleware of net/http, as chi takes it. Echo and gin have writers of their own. Each of them needs a few
// lines that lead the content through the paywall: see [Echo] and [Gin]. Copy them.
package frameworks

import "net/http"

// A Middleware is what paywall.Paywall.Middleware returns.
type Middleware = func(http.Handler) http.Handler
