// Package vingdtest is for tests of code that uses package vingd: a fake broker that answers and fails as it is told, and
// transports that hold every request and every answer to the specification of the API.
//
//	func TestThank(t *testing.T) {
//		client, broker := vingdtest.NewClient(t)
//		broker.Fail("rewardUser", vingdtest.HangUp)
//
//		if err := Thank(t.Context(), client, reader); !errors.Is(err, vingd.ErrOutcomeUnknown) {
//			t.Errorf("got error %v, want one that says to look before trying again", err)
//		}
//		if n := len(broker.Requests("rewardUser")); n != 1 {
//			t.Errorf("the reward was sent %d times, want once", n)
//		}
//	}
//
// The fake keeps no books: it answers with the examples of the specification, whatever it was asked. For a broker that
// knows what it did, use package sandbox.
//
// # Failures
//
// Each is a [httpmock.Responder], for [Broker.Fail] and [Broker.FailOnce], and for any mock of package httpmock.
//
//   - In the broker's own words, so that nothing happened: [InvalidData], [PaymentRequired], [Forbidden], [NotFound],
//     [Conflict], [TooManyRequests], [BatchError].
//   - Never sent, so that nothing happened: [Refused].
//   - Without a word from the broker, or with none that says whether it happened: [InternalError], [BadGateway], [Garbage],
//     [HalfAnswer], [HangUp], [Silence].
//
// # What validation costs
//
// A validated call takes 1.1 to 1.4 times as long over loopback, and 3 to 4 times as long in memory; a list of 100 vouchers
// 3 and 12 times. BenchmarkValidate tells.
//
// [httpmock.Responder]: https://pkg.go.dev/github.com/jarcoal/httpmock#Responder
package vingdtest
