package desk

import (
	"crypto/tls"
	"database/sql"
	"fmt"
	"math/rand"
	"os/exec"
)

func connect() *tls.Config {
	// ruleid: go-tls-unverified
	return &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}
}

func run(name string) {
	// ruleid: go-command-from-text
	exec.Command("sh", "-c", "tar xf "+name).Run()
	// ok: go-command-from-text
	exec.Command("sh", "-c", "date").Run()
	// ok: go-command-from-text
	exec.Command("tar", "xf", name).Run()
}

func orders(db *sql.DB, symbol string) {
	// ruleid: go-sql-from-text
	db.Query(fmt.Sprintf("select * from orders where symbol = '%s'", symbol))
	// ruleid: go-sql-from-text
	db.Exec("delete from orders where symbol = '" + symbol + "'")
	// ok: go-sql-from-text
	db.Query("select * from orders where symbol = $1", symbol)
}

func tokens() {
	// ruleid: go-guessable-token
	token := rand.Int63()
	// ok: go-guessable-token
	wait := rand.Intn(10)
	fmt.Println(token, wait)
}
