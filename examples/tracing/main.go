// Command tracing sells a page once, and prints the OpenTelemetry spans of the browser's requests and of the calls to Vingd.
//
// The tracing transport goes into the http.Client of the client. It names each span after the operation, and hides the URL,
// which may hold a token: see transport.go. The example is its own module, because OpenTelemetry needs a dozen modules.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(out), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	tracing := trace.NewTracerProvider(trace.WithSyncer(exporter)) // a server uses trace.WithBatcher
	defer func() { err = errors.Join(err, tracing.Shutdown(context.WithoutCancel(ctx))) }()
	s, err := open(tracing)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	back, err := s.pay(ctx)
	if err != nil {
		return err
	}
	return s.visit(ctx, back, http.StatusOK)
}
