package reach

import (
	"errors"
	"fmt"
	"net/netip"
)

// A forbidden lists the destinations that no check may connect to.
type forbidden []struct {
	prefix netip.Prefix
	what   string
}

// forbiddenTable is what nobody checks on purpose and what gives secrets away
// to whoever asks from the right machine. The addresses of metadata services
// are those that their owners document. It is ordered: the first row that fits
// names the reason.
func forbiddenTable() [][2]string {
	return [][2]string{
		{"169.254.169.254/32", "a metadata service"},     // of most clouds
		{"169.254.0.0/16", "a link-local address"},       // RFC 3927; other metadata services
		{"100.100.100.200/32", "a metadata service"},     // Alibaba Cloud
		{"168.63.129.16/32", "a metadata service"},       // Azure's host agent, a public address
		{"192.0.0.192/32", "a metadata service"},         // Oracle Cloud Classic
		{"224.0.0.0/4", "a multicast address"},           // RFC 5771
		{"255.255.255.255/32", "a broadcast address"},    // RFC 919
		{"fe80::/10", "a link-local address"},            // RFC 4291, section 2.5.6; OpenStack's metadata service
		{"fd00:ec2::/32", "a metadata service"},          // AWS: instances, pods, names, time
		{"fd20:ce::254/128", "a metadata service"},       // Google Cloud
		{"fd00:c1::a9fe:a9fe/128", "a metadata service"}, // Oracle Cloud
		{"fd00:42::42/128", "a metadata service"},        // Scaleway
		{"fd00:a9fe:a9fe::1/128", "a metadata service"},  // Akamai
		{"fd00:100::100:200/128", "a metadata service"},  // Alibaba Cloud
		{"ff00::/8", "a multicast address"},              // RFC 4291, section 2.7
	}
}

func newForbidden() forbidden {
	table := forbiddenTable()
	f := make(forbidden, len(table))
	for i, row := range table {
		f[i].prefix, f[i].what = netip.MustParsePrefix(row[0]), row[1]
	}
	return f
}

// judge returns where an address leads, or an error when it must not be
// connected to.
func (f forbidden) judge(a netip.Addr) (destination, error) {
	if !a.IsValid() {
		return destination{}, errors.New("no address")
	}
	if a.Zone() != "" { // only link-local addresses have one
		return destination{}, errors.New("an address with a zone, which no check may ask")
	}
	d := follow(a)
	err := f.refuse(a.Unmap())
	if err == nil && d.addr != a {
		err = f.refuse(d.addr)
	}
	for _, other := range d.others {
		if err == nil {
			err = f.refuse(other)
		}
	}
	return d, err
}

func (f forbidden) refuse(a netip.Addr) error {
	for _, row := range f {
		if row.prefix.Contains(a) {
			return fmt.Errorf("%s, which no check may ask", row.what)
		}
	}
	return nil
}
