package vingd

import (
	"context"
	"time"
)

// Reconcile finds out what became of an object whose outcome is unknown. It takes what [ObjectService.Create] took, with
// when that was, and returns what that would have returned.
//
// The object is known by its name and URL together. One that has both, and was made since a day before, is taken for it.
// Errors are those of [RewardService.Reconcile].
//
// API: GET /registry/objects
func (s *ObjectService) Reconcile(ctx context.Context, params ObjectParams, sent time.Time) (ObjectID, error) {
	ch := s.c.checks(opObjectReconcile)
	ch.reference("name", params.Name)
	ch.reference("url", params.URL)
	since := ch.since(sent, reconcileMargin)
	if ch.err != nil {
		return 0, ch.err
	}
	o, err := reconcile(ctx, s.c, opObjectReconcile, func(ctx context.Context, c *Client) (Object, bool, error) {
		return sole(c.Objects.All(ctx, ObjectFilter{Since: since}), func(o *Object) bool {
			return o.Name == params.Name && o.URL == params.URL
		})
	})
	return o.ID, err
}
