package modeltest_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vingd/vingd-api-go/internal/endure"
)

type action struct {
	weight int
	do     func(*world, *rapid.T)
}

var actions = map[string]action{
	"createObject": {20, (*world).createObject}, "updateObject": {8, (*world).updateObject}, "getObject": {8, (*world).getObject},
	"listObjects": {8, (*world).listObjects}, "createOrder": {24, (*world).createOrder}, "readOrders": {20, (*world).readOrders},
	"pay": {36, (*world).pay}, "verify": {36, (*world).verify}, "commit": {32, (*world).commit},
	"purchaseObject": {20, (*world).purchaseObject}, "reward": {20, (*world).reward}, "createUser": {12, (*world).createUser},
	"readAccounts": {16, (*world).readAccounts}, "createVoucher": {28, (*world).createVoucher}, "readVouchers": {20, (*world).readVouchers},
	"readLog": {20, (*world).readLog}, "revoke": {16, (*world).revoke}, "redeem": {24, (*world).redeem},
	"listTransfers": {16, (*world).listTransfers}, "advance": {16, (*world).advance}, "readClock": {4, (*world).readClock},
	"reset": {1, (*world).reset}, "restart": {3, (*world).restart}, "save": {2, (*world).saveFile}, "restore": {1, (*world).restore},
	"deposit": {8, (*world).deposit}, "addBuyer": {8, (*world).addBuyer}, "getBuyer": {4, (*world).getBuyer},
	"addFixtures": {8, (*world).addFixtures}, "compareAll": {9, (*world).compareAll},
}

// life is the number of steps, on average, between two new sandboxes.
const life = 200

// TestModel_OneAtATime makes random calls of eight clients, one at a time, and compares each response with the model.
// VINGD_MODEL_STEPS is the number of steps. A failure is shrunk, and prints how to replay it.
func TestModel_OneAtATime(t *testing.T) {
	steps := endure.Number(t, "VINGD_MODEL_STEPS", endure.Rounds(500, 200))
	setFlag(t, "rapid.steps", strconv.Itoa(life))
	setFlag(t, "rapid.checks", "5") // rapid divides it by five in short tests
	p := newProcess(t)
	tally, first := map[string]int{}, map[string]int64{}
	made := 0
	var names []string
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		names = append(names, slices.Repeat([]string{name}, actions[name].weight)...)
	}
	one := func(t *rapid.T) {
		w := &world{process: p, m: newModel(), tally: tally, first: first}
		if p.command == nil {
			must(t, p.start())
		}
		w.reset(t)
		t.Repeat(map[string]func(*rapid.T){"step": func(t *rapid.T) {
			made++
			actions[choose(t, "action", names...)].do(w, t)
		}})
		w.compareAll(t)
	}
	for made < steps {
		rapid.Check(t, one)
	}
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(tally)) {
		lines = append(lines, fmt.Sprintf("%s: %d", what, tally[what]))
	}
	t.Logf("%d steps; %s", made, strings.Join(lines, ", "))
}

func setFlag(t *testing.T, name, value string) {
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}
