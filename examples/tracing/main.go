// Command tracing sells a page once, and prints the OpenTelemetry spans of its own requests and of the calls to Vingd.
//
// Tracing needs no support in package vingd: one transport goes into the http.Client of the client, one handler around the
// page's. Tokens are worth money and need care: the path of a call holds one, and would be in the span. See transport.go.
// A separate module keeps the dozen modules of OpenTelemetry out of the main module.
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
	tracing := trace.NewTracerProvider(trace.WithSyncer(exporter)) // in a long-running program: trace.WithBatcher
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
