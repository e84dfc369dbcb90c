// A Go client (net/http). With -plain it says what it is; otherwise it copies a browser's headers.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"time"
)

var browserHeaders = map[string]string{
	"User-Agent":                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
	"Accept":                    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
	"Accept-Language":           "en-US,en;q=0.9",
	"Sec-Ch-Ua":                 `"Not:A-Brand";v="8", "Chromium";v="156"`,
	"Sec-Ch-Ua-Mobile":          "?0",
	"Sec-Ch-Ua-Platform":        `"Linux"`,
	"Sec-Fetch-Dest":            "document",
	"Sec-Fetch-Mode":            "navigate",
	"Sec-Fetch-Site":            "none",
	"Upgrade-Insecure-Requests": "1",
}

func main() {
	authority := flag.String("ca", "", "CA file")
	plain := flag.Bool("plain", false, "send Go's own headers")
	pages := flag.Int("pages", 20, "pages to fetch")
	low := flag.Float64("low", 0.2, "shortest pause in seconds")
	high := flag.Float64("high", 0.8, "longest pause in seconds")
	seed := flag.Int64("seed", 1, "seed")
	flag.Parse()

	pem, err := os.ReadFile(*authority)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	chance := rand.New(rand.NewSource(*seed))
	client := &http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
	}
	for i := 0; i < *pages; i++ {
		request, _ := http.NewRequest("GET", fmt.Sprintf("https://shop.example/product/%d.html", 100+chance.Intn(48)), nil)
		if !*plain {
			for name, value := range browserHeaders {
				request.Header.Set(name, value)
			}
		}
		if answer, err := client.Do(request); err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		time.Sleep(time.Duration((*low + chance.Float64()*(*high-*low)) * float64(time.Second)))
	}
}
