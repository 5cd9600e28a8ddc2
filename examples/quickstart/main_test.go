package main

import (
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`^I \(.+\) registered on \d{4}-.+
My balance is VINGD 1000\.00\.
I'm rewarding you with this 1 vingd voucher \((\S+)\): https://127\.0\.0\.1:\d+/vouchers/\S+\.
Now I have 1 active vouchers\.
Also, 0 of my vouchers have been redeemed\.
And, 0 of my vouchers have expired before anybody used them\.
I've just created an object, just for you\. OID is \d+\.
Object updated\.
Object last modified at \d{4}-\S+, new url is http://localhost:777/
I have 1 active objects\.
I've also created an order \(id=\d+\) for the object \(oid=\d+\): https://127\.0\.0\.1:\d+/orders/\d+/add/
Purchase verified \(buyer's HUID = [0-9a-f]{40}, context = 'optional purchase details'\)\.
Content served, and purchase committed\.
User rewarded \(transfer id = \d+\)\.
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("it printed\n%s", out.String())
	}
}
