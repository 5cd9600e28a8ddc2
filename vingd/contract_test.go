package vingd_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/vingd"
)

// facadeCall is a call of the facade that does an operation of the specification. All that can be given depends on n,
// so that two calls with different n differ in all of it.
type facadeCall struct {
	method string // like Vouchers.List
	do     func(ctx context.Context, c *vingd.Client, n int64) (any, error)
}

// facadeCalls are the calls of the facade that do each operation. Where two of its parameters exclude each other,
// there are two calls.
var facadeCalls = map[string][]facadeCall{
	"getProfile": {{"Users.Profile", func(ctx context.Context, c *vingd.Client, _ int64) (any, error) {
		return c.Users.Profile(ctx)
	}}},
	"createUser": {{"Users.Create", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Users.Create(ctx, vingd.UserParams{
			Identities:  map[string]string{anyName: textOf(n)},
			Primary:     textOf(n),
			Permissions: []vingd.Permission{vingd.Permission(textOf(n))},
		})
	}}},
	"getBalance": {{"Accounts.Balance", func(ctx context.Context, c *vingd.Client, _ int64) (any, error) {
		return c.Accounts.Balance(ctx)
	}}},
	"getUserBalance": {{"Accounts.BalanceOf", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Accounts.BalanceOf(ctx, vingd.HUID(textOf(n)))
	}}},
	"listTransfers": {
		{"Transfers.List", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Transfers.List(ctx, vingd.TransferFilter{From: vingd.UID(n), To: vingd.UID(n), First: int(n), Since: timeOf(n), Until: timeOf(n)})
		}},
		{"Transfers.All", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Transfers.All(ctx, vingd.TransferFilter{From: vingd.UID(n), Last: int(n)}))
		}},
	},
	"listObjects": {
		{"Objects.List", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Objects.List(ctx, vingd.ObjectFilter{Since: timeOf(n), Until: timeOf(n), First: int(n)})
		}},
		{"Objects.All", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Objects.All(ctx, vingd.ObjectFilter{Last: int(n)}))
		}},
	},
	"getObject": {
		{"Objects.Get", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Objects.Get(ctx, vingd.ObjectID(n))
		}},
		{"Objects.List", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Objects.List(ctx, vingd.ObjectFilter{ID: vingd.ObjectID(n), Since: timeOf(n), Until: timeOf(n), First: int(n)})
		}},
		{"Objects.All", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Objects.All(ctx, vingd.ObjectFilter{ID: vingd.ObjectID(n), Last: int(n)}))
		}},
	},
	"createObject": {{"Objects.Create", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Objects.Create(ctx, vingd.ObjectParams{Name: textOf(n), URL: textOf(n)})
	}}},
	"updateObject": {{"Objects.Update", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Objects.Update(ctx, vingd.ObjectID(n), vingd.ObjectParams{Name: textOf(n), URL: textOf(n)})
	}}},
	"createOrder": {{"Orders.Create", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Orders.Create(ctx, vingd.ObjectID(n), vingd.OrderParams{Price: vingd.Cents(n), Context: textOf(n), Expires: timeOf(n)})
	}}},
	"getOrder": append(orderLists(func(n int64) vingd.OrderFilter { return vingd.OrderFilter{ID: vingd.OrderID(n)} }),
		facadeCall{"Orders.Get", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Orders.Get(ctx, vingd.OrderID(n))
		}}),
	"getAnyOrder":      orderLists(func(n int64) vingd.OrderFilter { return vingd.OrderFilter{ID: vingd.OrderID(n), IncludeExpired: true} }),
	"listOrders":       orderLists(func(int64) vingd.OrderFilter { return vingd.OrderFilter{} }),
	"listAllOrders":    orderLists(func(int64) vingd.OrderFilter { return vingd.OrderFilter{IncludeExpired: true} }),
	"listObjectOrders": orderLists(func(n int64) vingd.OrderFilter { return vingd.OrderFilter{Object: vingd.ObjectID(n)} }),
	"listAllObjectOrders": orderLists(func(n int64) vingd.OrderFilter {
		return vingd.OrderFilter{Object: vingd.ObjectID(n), IncludeExpired: true}
	}),
	"getObjectOrder": orderLists(func(n int64) vingd.OrderFilter {
		return vingd.OrderFilter{Object: vingd.ObjectID(n), ID: vingd.OrderID(n)}
	}),
	"getAnyObjectOrder": orderLists(func(n int64) vingd.OrderFilter {
		return vingd.OrderFilter{Object: vingd.ObjectID(n), ID: vingd.OrderID(n), IncludeExpired: true}
	}),
	"verifyPurchase": {{"Purchases.Verify", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Purchases.Verify(ctx, vingd.ObjectID(n), vingd.TokenID(textOf(n)))
	}}},
	"commitPurchase": {{"Purchases.Commit", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return nil, c.Purchases.Commit(ctx, &vingd.Purchase{ID: vingd.PurchaseID(n), Transfer: vingd.TransferID(n)})
	}}},
	"purchaseObject": {{"Purchases.Create", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Purchases.Create(ctx, vingd.ObjectID(n), vingd.PurchaseParams{Buyer: vingd.HUID(textOf(n)), Price: vingd.Cents(n)})
	}}},
	"rewardUser": {{"Rewards.Create", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Rewards.Create(ctx, vingd.HUID(textOf(n)), vingd.RewardParams{Amount: vingd.Cents(n), Description: textOf(n)})
	}}},
	"createVoucher": {{"Vouchers.Create", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
		return c.Vouchers.Create(ctx, vingd.VoucherParams{
			Amount: vingd.Cents(n), Expires: timeOf(n), Message: textOf(n), Group: vingd.GroupID(textOf(n)), Description: textOf(n),
		})
	}}},
	"listVouchers": {
		{"Vouchers.List", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Vouchers.List(ctx, voucherFilter(n))
		}},
		{"Vouchers.All", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Vouchers.All(ctx, vingd.VoucherFilter{Last: int(n)}))
		}},
	},
	"getVoucher": {
		{"Vouchers.Get", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Vouchers.Get(ctx, vingd.VoucherCode(textOf(n)))
		}},
		{"Vouchers.List", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			filter := voucherFilter(n)
			filter.Code = vingd.VoucherCode(textOf(n))
			return c.Vouchers.List(ctx, filter)
		}},
		{"Vouchers.All", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Vouchers.All(ctx, vingd.VoucherFilter{Code: vingd.VoucherCode(textOf(n)), Last: int(n)}))
		}},
	},
	"revokeVouchers": {
		{"Vouchers.Revoke", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Vouchers.Revoke(ctx, voucherFilter(n))
		}},
		{"Vouchers.Revoke", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{Last: int(n)})
		}},
		{"Vouchers.RevokeAll", func(ctx context.Context, c *vingd.Client, _ int64) (any, error) {
			return c.Vouchers.RevokeAll(ctx)
		}},
	},
	"revokeVoucher": {
		{"Vouchers.Revoke", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			filter := voucherFilter(n)
			filter.Code = vingd.VoucherCode(textOf(n))
			return c.Vouchers.Revoke(ctx, filter)
		}},
		{"Vouchers.Revoke", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Vouchers.Revoke(ctx, vingd.VoucherFilter{Code: vingd.VoucherCode(textOf(n)), Last: int(n)})
		}},
	},
	"listVoucherHistory": {
		{"Vouchers.History", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Vouchers.History(ctx, historyFilter(n))
		}},
		{"Vouchers.AllHistory", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Vouchers.AllHistory(ctx, vingd.HistoryFilter{Last: int(n)}))
		}},
	},
	"getVoucherHistory": {
		{"Vouchers.History", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			filter := historyFilter(n)
			filter.Code = vingd.VoucherCode(textOf(n))
			return c.Vouchers.History(ctx, filter)
		}},
		{"Vouchers.AllHistory", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Vouchers.AllHistory(ctx, vingd.HistoryFilter{Code: vingd.VoucherCode(textOf(n)), Last: int(n)}))
		}},
	},
}

func orderLists(filter func(n int64) vingd.OrderFilter) []facadeCall {
	return []facadeCall{
		{"Orders.List", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return c.Orders.List(ctx, filter(n))
		}},
		{"Orders.All", func(ctx context.Context, c *vingd.Client, n int64) (any, error) {
			return rowsOf(c.Orders.All(ctx, filter(n)))
		}},
	}
}

func voucherFilter(n int64) vingd.VoucherFilter {
	return vingd.VoucherFilter{
		From: vingd.UID(n), To: vingd.UID(n), Group: vingd.GroupID(textOf(n)), ValidAfter: timeOf(n), ValidBefore: timeOf(n), First: int(n),
	}
}

func historyFilter(n int64) vingd.HistoryFilter {
	return vingd.HistoryFilter{
		Voucher: vingd.VoucherID(n), Action: []vingd.VoucherAction{vingd.VoucherActionAdd, vingd.VoucherActionExpire}[n%2],
		From: vingd.UID(n), To: vingd.UID(n), Group: vingd.GroupID(textOf(n)), ValidAfter: timeOf(n), ValidBefore: timeOf(n),
		CreatedAfter: timeOf(n), CreatedBefore: timeOf(n), First: int(n),
	}
}

// composedCalls are the calls that do several operations, or look up the outcome of others, and their operations.
var composedCalls = map[string][]string{
	"Objects.Reconcile":        {"listObjects"},
	"Orders.Reconcile":         {"listAllObjectOrders"},
	"Purchases.Reconcile":      {"getProfile", "getBalance", "listTransfers", "listAllObjectOrders"},
	"Rewards.Reconcile":        {"getProfile", "getBalance", "listTransfers"},
	"Vouchers.Reconcile":       {"listVoucherHistory", "getProfile", "getBalance", "listTransfers"},
	"Vouchers.ReconcileRevoke": {"listVoucherHistory", "getVoucherHistory"},
}

// textOf returns a text that any kind of text may be.
func textOf(n int64) string { return "ab" + strconv.FormatInt(n, 10) }

func timeOf(n int64) vingd.Time {
	return vingd.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)))
}

// loadSpec returns the specification, its references resolved.
func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// specOperation is an operation of the specification.
type specOperation struct {
	*openapi3.Operation
	method, path string
}

// String returns the operation as doc comments name it, like "GET /vouchers".
func (o specOperation) String() string { return o.method + " " + o.path }

// specOperations returns the operations of the specification by their id.
func specOperations(t *testing.T) map[string]specOperation {
	t.Helper()
	operations := map[string]specOperation{}
	for path, item := range loadSpec(t).Paths.Map() {
		for method, operation := range item.Operations() {
			operations[operation.OperationID] = specOperation{operation, method, path}
		}
	}
	for _, id := range leftOutOperations(t) {
		delete(operations, id)
	}
	return operations
}

// leftOutOperations returns the operations that package vingd leaves out on purpose. Internal/drift keeps the list.
func leftOutOperations(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../internal/drift/left_out.txt")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, row := range regexp.MustCompile(`(?m)^vingd (\w+): .+$`).FindAllStringSubmatch(string(text), -1) {
		ids = append(ids, row[1])
	}
	return ids
}

// Every operation has calls here, and what stands here is an operation.
func TestContract_CallsAreComplete(t *testing.T) {
	operations := specOperations(t)
	for id := range operations {
		if facadeCalls[id] == nil {
			t.Errorf("facadeCalls has no call of %s, must have all", id)
		}
	}
	for id := range facadeCalls {
		if _, ok := operations[id]; !ok {
			t.Errorf("facadeCalls has calls of %s, which the specification lacks", id)
		}
	}
}

// The facade uses all of the generated package: a request for each operation, and every type and pattern.
func TestContract_GeneratedClientIsUsed(t *testing.T) {
	const path = "github.com/vingd/vingd-api-go/generated/client"
	used := map[string]bool{}
	for _, file := range facadeSource(t) {
		generated := importName(file, path)
		ast.Inspect(file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == generated {
					used[selector.Sel.Name] = true
				}
			}
			return true
		})
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash("../generated/client/client.gen.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			if declaration.Recv == nil {
				names = append(names, declaration.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					names = append(names, spec.Names[0].Name)
				}
			}
		}
	}
	for id := range specOperations(t) {
		names = append(names, strings.ToUpper(id[:1])+id[1:])
	}
	for _, id := range leftOutOperations(t) {
		used[strings.ToUpper(id[:1])+id[1:]] = true
	}
	for _, name := range names {
		if !used[name] {
			t.Errorf("nothing in the facade uses %s of the generated client", name)
		}
	}
}

// The doc comment of every call names the operations that it does, all of them and no other.
func TestContract_DocCommentsNameOperations(t *testing.T) {
	operations := specOperations(t)
	want := map[string][]string{}
	for id, calls := range facadeCalls {
		for _, call := range calls {
			if name := operations[id].String(); !slices.Contains(want[call.method], name) {
				want[call.method] = append(want[call.method], name)
			}
		}
	}
	for method, ids := range composedCalls {
		for _, id := range ids {
			want[method] = append(want[method], operations[id].String())
		}
	}
	got := documentedOperations(t)
	for _, method := range slices.Sorted(maps.Keys(got)) {
		slices.Sort(got[method])
		slices.Sort(want[method])
		if !slices.Equal(got[method], want[method]) {
			t.Errorf("the comment of %s names %q, it does %q", method, got[method], want[method])
		}
	}
	for method := range want {
		if got[method] == nil {
			t.Errorf("there is no call %s, or its comment has no API line", method)
		}
	}
}

// documentedOperations returns what the doc comments of the facade's calls say behind "API:", by the call's name.
// Client.Request has no operation of its own.
func documentedOperations(t *testing.T) map[string][]string {
	t.Helper()
	services := map[string]string{} // from VoucherService to Vouchers
	for i := range reflect.TypeFor[vingd.Client]().NumField() {
		if field := reflect.TypeFor[vingd.Client]().Field(i); field.IsExported() {
			services[field.Type.Name()] = field.Name
		}
	}
	operations, sameAs := map[string][]string{}, map[string]string{}
	for _, file := range facadeSource(t) {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok || !function.Name.IsExported() || !takesContext(function) {
				continue
			}
			receiver := receiverName(function)
			if receiver == "Client" && function.Name.Name == "Request" {
				continue
			}
			method := services[receiver] + "." + function.Name.Name
			_, line, _ := strings.Cut(function.Doc.Text(), "\nAPI: ")
			line = strings.Join(strings.Fields(line), " ")
			operations[method] = []string{}
			if other, ok := strings.CutPrefix(line, "as "); ok {
				service, name, _ := strings.Cut(strings.Trim(other, "[]"), ".")
				sameAs[method] = services[service] + "." + name
			} else if line != "" {
				operations[method] = strings.Split(line, ", ")
			}
		}
	}
	for method, other := range sameAs {
		operations[method] = slices.Clone(operations[other])
	}
	return operations
}

// facadeSource returns the facade's own files.
func facadeSource(t *testing.T) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// importName returns the name by which a file calls a package, or nothing when it does not import it.
func importName(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if imported, _ := strconv.Unquote(spec.Path.Value); imported == path {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path[strings.LastIndexByte(path, '/')+1:]
		}
	}
	return ""
}

func takesContext(function *ast.FuncDecl) bool {
	if len(function.Type.Params.List) == 0 {
		return false
	}
	kind, ok := function.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && kind.Sel.Name == "Context"
}

// receiverName returns the name of the type that a method is of, or nothing.
func receiverName(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	kind := function.Recv.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
