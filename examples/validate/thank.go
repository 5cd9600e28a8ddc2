// Package validate thanks readers. Its test shows how to validate what goes to the broker and what comes back, and how to
// try what happens when the broker fails:
//
//	go test -v ./examples/validate
package validate

import (
	"context"
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/vingd"
)

// Thank rewards each reader of an article. It returns those of whom nobody knows whether they got their reward: they are
// to be looked up among the transfers, not rewarded again. Readers who are not there any more are passed over.
func Thank(ctx context.Context, client *vingd.Client, article int, readers []vingd.HUID) (unsure []vingd.HUID, err error) {
	for _, reader := range readers {
		_, err := client.Rewards.Create(ctx, reader, vingd.RewardParams{
			Amount:      75,
			Description: fmt.Sprintf("reading article %d", article),
		})
		switch {
		case err == nil, errors.Is(err, vingd.ErrNotFound):
		case errors.Is(err, vingd.ErrOutcomeUnknown):
			unsure = append(unsure, reader)
		default:
			return unsure, fmt.Errorf("thank %s: %w", reader, err)
		}
	}
	return unsure, nil
}
