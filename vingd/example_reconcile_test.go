package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A reward whose response was lost is looked up by its description, and paid once.
func ExampleRewardService_Reconcile() {
	broker, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = broker.Close() }()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"),
		vingd.WithEndpoint(broker.Endpoint()), vingd.WithHTTPClient(broker.HTTPClient()))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	huid, err := client.Users.Create(ctx, vingd.UserParams{})
	if err != nil {
		fmt.Println(err)
		return
	}

	// The connection breaks after the money moved.
	if err := broker.Fail("rewardUser", sandbox.Fault{HangUp: true, Done: true, Count: 1}); err != nil {
		fmt.Println(err)
		return
	}

	params := vingd.RewardParams{Amount: 75, Description: "January's reward no. 17"} // unique
	sent := time.Now()
	_, err = client.Rewards.Create(ctx, huid, params)
	if errors.Is(err, vingd.ErrOutcomeUnknown) {
		_, err = client.Rewards.Reconcile(ctx, huid, params, sent)
	}
	switch {
	case err == nil:
		fmt.Println("paid")
	case errors.Is(err, vingd.ErrNotDone):
		fmt.Println("not paid: it is safe to pay again")
	default:
		fmt.Println("look again later:", err)
	}
	// Output:
	// paid
}
