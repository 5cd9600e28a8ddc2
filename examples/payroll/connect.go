package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// connect returns a client of Vingd if there is a login, else of a sandbox that keeps its data in a directory. In the
// sandbox it makes a missing list, with that many users. end closes it.
func connect(ctx context.Context, dir, list string, users int) (client *vingd.Client, end func(), err error) {
	if os.Getenv("VINGD_USERNAME") != "" || os.Getenv("VINGD_KEY") != "" {
		client, err = vingd.NewFromEnvironment()
		if err != nil {
			return nil, nil, err
		}
		return client, client.CloseIdleConnections, nil
	}
	broker, err := sandbox.Start(sandbox.Options{Data: filepath.Join(dir, "sandbox")})
	if err != nil {
		return nil, nil, err
	}
	end = func() { _ = broker.Close() }
	client, err = vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(broker.Endpoint()), vingd.WithHTTPClient(broker.HTTPClient()),
		vingd.WithSettleTime(0)) // this broker ends with the job: nothing is in flight there any more
	if err == nil {
		err = makeList(ctx, client, list, users)
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return client, end, nil
}

// makeList makes up users, and a reward for each, unless there is a list.
func makeList(ctx context.Context, client *vingd.Client, path string, users int) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	rewards := make([]batch.Reward, users)
	for i := range rewards {
		user, err := client.Users.Create(ctx, vingd.UserParams{})
		if err != nil {
			return err
		}
		rewards[i] = batch.Reward{User: user, Amount: vingd.Cents(50 + i%50), Reference: fmt.Sprintf("January's reward no. %d", i+1)}
	}
	return writeList(path, rewards)
}
