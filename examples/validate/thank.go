// Package validate thanks readers. Its test shows how to validate requests and responses, and how to make the broker fail:
//
//	go test -v ./examples/validate
package validate

import (
	"context"
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/vingd"
)

// Thank rewards each reader of an article, and skips readers who no longer exist. It returns the readers whose reward has
// an unknown outcome. Look them up in the transfers before you reward them again.
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
