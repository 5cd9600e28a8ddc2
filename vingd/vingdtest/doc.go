// Package vingdtest helps to test code that uses package vingd. It has a fake broker, whose responses and failures a test
// sets. Its transports validate each request and response against the specification of the API.
//
//	func TestThank(t *testing.T) {
//		client, broker := vingdtest.NewClient(t)
//		broker.Fail("rewardUser", vingdtest.HangUp)
//
//		if err := Thank(t.Context(), client, reader); !errors.Is(err, vingd.ErrOutcomeUnknown) {
//			t.Errorf("got error %v, want ErrOutcomeUnknown", err)
//		}
//		if n := len(broker.Requests("rewardUser")); n != 1 {
//			t.Errorf("the reward was sent %d times, want once", n)
//		}
//	}
//
// The fake keeps no books: it responds with the examples of the specification, whatever the request. Package sandbox has a
// broker that keeps accounts.
//
// # Failures
//
// Each failure is a [httpmock.Responder], for [Broker.Fail] and [Broker.FailOnce], and for any mock of package httpmock.
//
//   - The broker refuses, so the call was not done: [InvalidData], [PaymentRequired], [Forbidden], [NotFound], [Conflict],
//     [TooManyRequests], [BatchError].
//   - The request is not sent, so the call was not done: [Refused].
//   - No response proves whether the call was done, so its outcome is unknown if it changes something: [InternalError],
//     [BadGateway], [Garbage], [IncompleteResponse], [HangUp], [Silence].
//
// # The cost of validation
//
// A validated call takes 1.1 to 1.4 times as long over loopback, and 3 to 4 times as long in memory. A list of 100 vouchers
// takes 3 and 12 times as long. BenchmarkValidate measures it.
//
// [httpmock.Responder]: https://pkg.go.dev/github.com/jarcoal/httpmock#Responder
package vingdtest
