// Command balance prints the balance of the account that the environment names.
package main

import "context"
import "log"
import "github.com/vingd/vingd-api-go/vingd"

func main() {
	client, err := vingd.NewFromEnvironment()
	if err != nil {
		log.Fatal(err)
	}
	balance, err := client.Accounts.Balance(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	log.Println("balance:", balance)
}
