package health

// Advice tells what a reason means and what to look at next, in the lower case
// of a hint; empty when there is nothing to add.
func Advice(r Reason) string { return advice()[r] }

func advice() map[Reason]string {
	return map[Reason]string{
		Refused:           "the host answers, but nothing listens on that port: see `portreeve ports` there",
		Timeout:           "nothing answers at all: a firewall that drops, a host that is off, or a server that is too busy to accept",
		Reset:             "the server took the connection and cut it off: see its log, and what it permits",
		Unreachable:       "a router on the way says that the host cannot be reached: is it on, and is the address right",
		TLSHandshake:      "the other end and we found no common TLS: is it a TLS port, and which versions does it offer",
		TLSName:           "the certificate is for other names: ask for one of them, or set server_name",
		TLSExpired:        "renew the certificate, and see whether the server has loaded the new one",
		TLSUntrusted:      "the certificate's issuer is not trusted here: name it by ca_file, or complete the server's chain",
		HTTPStatus:        "the server answers, but not with what was expected: see its log for this path",
		HTTPProtocol:      "what answers does not speak HTTP: is it the right port, and should it be https",
		BodyTooLarge:      "ask for a smaller page: 64 KiB are read at most",
		ExpectationFailed: "the server answers, but not with what was expected: the evidence tells in what",
		NotJSON:           "the expression needs JSON, and the answer is none",
		NoSuchName:        "the name does not exist: see its spelling, and the resolver's search list",
		TLSExpiring:       "renew the certificate in time",
		FamilyDead:        "one of the name's address families has stopped answering: clients that prefer it wait",
		HealthWarn:        "the target itself says that it is not quite well",
		LocalFDs:          "portreeve ran out of file descriptors: raise the limit (ulimit -n, LimitNOFILE=)",
		LocalPorts:        "this machine ran out of local ports: see net.ipv4.ip_local_port_range and what holds connections",
		LocalNetwork:      "this machine cannot send there: see its routes, its links and its own firewall",
		LocalResolver:     "the resolver does not answer: see /etc/resolv.conf, and `portreeve doctor`",
		LocalOverload:     "this machine was too busy to ask in time",
		LocalClock:        "the clock jumped, or the machine slept",
		LocalPolicy:       "portreeve does not connect to such addresses",
	}
}
