// Command tracing sells a page once, and prints the OpenTelemetry spans of it: of the requests that come in, and of the
// calls to Vingd.
//
// Tracing needs nothing of package vingd. It goes into the http.Client that the client is given, and around the handler.
// What needs care are the tokens, which stand for money: one is in the path of a call, and would be in the span. See
// transport.go. It is a module of its own, since OpenTelemetry brings a dozen modules with it.
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
	tracing := trace.NewTracerProvider(trace.WithSyncer(exporter)) // in a program that goes on: trace.WithBatcher
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
