package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/portreeve/portreeve/internal/health"
)

// maxHosts is how many hosts one list may name.
const maxHosts = 10_000

// maxHostList bounds the body of a list: each host with quotes, a comma and the
// blanks of an indented line, and something around them.
const maxHostList = maxHosts*(253+16) + 4<<10

// maxWrong is how many wrong fields are named.
const maxWrong = 20

// A hostList is what is_flappy's clients send.
type hostList struct {
	port  uint16
	hosts []string
}

const hostListForm = `Send {"port": 443, "hosts": ["a.example.org", "192.0.2.7"]}.`

// readHostList reads the body of r. The problem names every wrong field.
func readHostList(w http.ResponseWriter, r *http.Request) (hostList, *problem) {
	fields, p := readObject(w, r, maxHostList, "port", "hosts")
	if p != nil {
		p.Hint = hostListForm
		return hostList{}, p
	}
	var l hostList
	wrongs := fields.wrong
	wrongs = append(wrongs, l.readPort(fields.values["port"])...)
	wrongs = append(wrongs, l.readHosts(fields.values["hosts"])...)
	if len(wrongs) > 0 {
		return hostList{}, invalid(firstWrong(wrongs), hostListForm)
	}
	return l, nil
}

// firstWrong leaves out what would be too much to read.
func firstWrong(wrongs []wrongField) []wrongField {
	if len(wrongs) <= maxWrong {
		return wrongs
	}
	more := wrong("body", "", "%d more fields are wrong", len(wrongs)-maxWrong)
	return append(wrongs[:maxWrong:maxWrong], more)
}

func (l *hostList) readPort(raw json.RawMessage) []wrongField {
	if raw == nil {
		return []wrongField{wrong("body.port", "", "is missing")}
	}
	var port int
	if err := json.Unmarshal(raw, &port); err != nil || isNull(raw) || port < 1 || port > 65535 {
		return []wrongField{wrong("body.port", string(raw), "must be a number from 1 to 65535")}
	}
	l.port = uint16(port)
	return nil
}

func (l *hostList) readHosts(raw json.RawMessage) []wrongField {
	if raw == nil {
		return []wrongField{wrong("body.hosts", "", "is missing")}
	}
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil || items == nil {
		return []wrongField{wrong("body.hosts", string(raw), "must be a list of host names or addresses")}
	}
	if len(items) > maxHosts {
		return []wrongField{wrong("body.hosts", "", "names %d hosts, and %d are the most", len(items), maxHosts)}
	}
	var wrongs []wrongField
	l.hosts = make([]string, len(items))
	for i, item := range items {
		at := fmt.Sprintf("body.hosts[%d]", i)
		if err := json.Unmarshal(item, &l.hosts[i]); err != nil || isNull(item) {
			wrongs = append(wrongs, wrong(at, string(item), "must be a text"))
			continue
		}
		l.hosts[i] = trimHost(l.hosts[i])
		if err := health.CheckHost(l.hosts[i]); err != nil {
			wrongs = append(wrongs, wrong(at, l.hosts[i], "%v", err))
		}
	}
	return wrongs
}
