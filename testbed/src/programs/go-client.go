// Runs an errand with net/http. Arguments: [-http1] CA file, site, errand.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	onlyHTTP1 := flag.Bool("http1", false, "do not offer HTTP/2")
	flag.Parse()
	authority, site, errand := flag.Arg(0), flag.Arg(1), flag.Arg(2)

	pem, err := os.ReadFile(authority)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: !*onlyHTTP1}
	client := &http.Client{Timeout: 20 * time.Second, Transport: transport}

	file, err := os.Open(errand)
	if err != nil {
		log.Fatal(err)
	}
	headers := http.Header{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if fields[0] == "header" {
			// Go undoes gzip by itself only if nobody asked for it.
			if fields[1] != "Accept-Encoding" {
				headers.Set(fields[1], fields[2])
			}
			continue
		}
		wait, _ := strconv.ParseFloat(fields[0], 64)
		time.Sleep(time.Duration(wait * float64(time.Second)))
		request, err := http.NewRequest(fields[1], site+fields[2], strings.NewReader(fields[3]))
		if err != nil {
			log.Fatal(err)
		}
		request.Header = headers.Clone()
		if fields[3] != "" {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		answer, err := client.Do(request)
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
	}
}
