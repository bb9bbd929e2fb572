package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// apiPath is where the API begins on a server.
const apiPath = "/api/v1"

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 256 << 10

// do sends a request with a JSON body, unless in is nil, and reads the JSON of
// the answer into out, unless that is nil.
func (s *Server) do(ctx context.Context, method, path string, in, out any) error {
	req, err := s.request(ctx, method, path, in)
	if err != nil {
		return err
	}
	hc := s.HTTP
	if hc == nil {
		hc = singleHTTP("")
	}
	resp, err := hc.Do(req)
	if err != nil {
		return fmt.Errorf("ask portreeve: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("read portreeve's answer: %w", err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return errorOf(resp, body)
	case out == nil:
		return nil
	case !isJSON(resp.Header):
		return fmt.Errorf("%s does not answer as portreeve does: %q instead of JSON", req.URL.Redacted(), resp.Header.Get("Content-Type"))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read portreeve's answer: %w", err)
	}
	return nil
}

func (s *Server) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	base, err := parseServerURL(s.URL)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, base+apiPath+path, body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("User-Agent", "portreeve-client")
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.Token)
	}
	return req, nil
}

// parseServerURL returns a server's URL without the slashes that end it.
func parseServerURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("the server's URL: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", fmt.Errorf("the server's URL %q is not http://HOST:PORT or https://HOST:PORT", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("the server's URL %q goes on behind its path", u.Redacted())
	}
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.String(), "/"), apiPath), "/"), nil
}

// singleHTTP returns an HTTP client for single requests, which keeps no connection
// open. A server's certificate must be for name; empty: for the URL's host.
func singleHTTP(name string) *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DisableKeepAlives:   true,
			TLSHandshakeTimeout: patience / 2,
			TLSClientConfig:     &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checkPath returns where a check is in the API.
func checkPath(name, action string) (string, error) {
	return "/checks/" + url.PathEscape(name) + action, pathName(name)
}

// pathName refuses the names that a path cannot hold: the server would be asked
// something else.
func pathName(name string) error {
	if strings.Trim(name, ".") == "" {
		return fmt.Errorf("%q is no name of a check", name)
	}
	return nil
}
