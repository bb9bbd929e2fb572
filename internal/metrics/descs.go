package metrics

import "github.com/prometheus/client_golang/prometheus"

// prefix begins the name of every metric.
const prefix = "portreeve_"

// A descs holds the description of every metric: to add one, add a field, a
// line in newDescs, and the place that sends it.
type descs struct {
	all []*prometheus.Desc

	connections, clients, clientMax, client               *prometheus.Desc
	info, started, sockets, queueLength, queueLimit, drop *prometheus.Desc
	listeners, events, unattributed, folded               *prometheus.Desc
	success, duration, lookedAt                           *prometheus.Desc
	checkDuration, selfProblem, lag, inFlight, waiting    *prometheus.Desc
	skipped, waited, void, excused, reloaded, reloadedAt  *prometheus.Desc
	build, writes, queued, lost, unsaved, writable, moved *prometheus.Desc
	mirrorUp, mirrorRows, mirrorLag                       *prometheus.Desc
	notifications, notificationQueue                      *prometheus.Desc
}

func newDescs() descs {
	var d descs
	add := func(name, help string, labels ...string) *prometheus.Desc {
		desc := prometheus.NewDesc(prefix+name, help, labels, nil)
		d.all = append(d.all, desc)
		return desc
	}
	d.addPorts(add)
	d.addProgram(add)
	return d
}

// An adder makes a description from a name without prefix, its help and its
// labels, and notes it for Describe.
type adder func(name, help string, labels ...string) *prometheus.Desc

func (d *descs) addPorts(add adder) {
	d.connections = add("connections", "Server-side TCP connections on a local port; the family is the client's.", "protocol", "port", "family", "state")
	d.clients = add("clients", "Distinct client addresses with established connections.", "protocol", "port")
	d.clientMax = add("client_connections_max", "Established connections of the busiest client address.", "protocol", "port")
	d.client = add("client_connections", "Established connections by client address, the busiest ones only.", "protocol", "port", "client")
	d.info = add("listener_info", "Always 1: the labels say who listens on an address.", "protocol", "address", "port", "process", "unit", "container", "user", "scope")
	d.started = add("listener_start_time_seconds", "Start of the owning process since the epoch, in seconds.", "protocol", "address", "port")
	d.sockets = add("listener_sockets", "Listening sockets on an address; more than one with SO_REUSEPORT.", "protocol", "address", "port")
	d.queueLength = add("accept_queue_length", "Connections that wait for accept; of several sockets the fullest one's.", "protocol", "address", "port")
	d.queueLimit = add("accept_queue_limit", "Limit of the accept queue, which is full when its length is greater.", "protocol", "address", "port")
	d.drop = add("listener_drops_total", "Packets dropped at the listening sockets since they were opened.", "protocol", "address", "port")
	d.listeners = add("listeners", "Bound addresses that are listened on, ephemeral ports included; [::] is ipv6 even where it serves both families.", "protocol", "family", "scope")
	d.events = add("port_events_total", "What happened to ports since the start.", "event")
	d.unattributed = add("unattributed_sockets", "Listening sockets whose process could not be seen.")
	d.folded = add("series_folded", `Series left out for being too many; what adds up is under port="other".`)
}

func (d *descs) addProgram(add adder) {
	d.success = add("collector_success", "Whether the last look at the kernel is as fresh as it should be.", "collector")
	d.duration = add("collector_duration_seconds", "CPU time of the last look at the kernel.", "collector")
	d.lookedAt = add("collector_last_success_timestamp_seconds", "When the numbers were last taken from the kernel.", "collector")
	d.checkDuration = add("check_duration_seconds", "How long questions took, by kind of check.", "kind")
	d.selfProblem = add("self_problem", "Whether checks cannot be judged for a fault of our own.", "reason")
	d.lag = add("schedule_lag_seconds", "How late questions were asked.")
	d.inFlight = add("checks_in_flight", "Questions that are being asked.")
	d.waiting = add("checks_waiting", "Questions that are due and wait for others to end, for want of descriptors.")
	d.skipped = add("schedule_skipped_total", "Slots in which nobody asked: the answer before was still out, or we were late.")
	d.waited = add("schedule_waited_total", "Questions that had to wait for others to end.")
	d.void = add("schedule_void_total", "Questions that waited too long, and failures that prove nothing since we were held up.")
	d.excused = add("schedule_excused_total", "Failures that were our own network's.")
	d.reloaded = add("config_last_reload_successful", "Whether what runs is what the configuration says.")
	d.reloadedAt = add("config_last_reload_success_timestamp_seconds", "When the configuration was last taken in.")
	d.build = add("build_info", "Always 1: the labels say which portreeve this is.", "version", "revision", "goversion")
	d.writes = add("journal_writes_total", "Entries that the journal has kept.")
	d.queued = add("journal_queue_length", "Entries that wait to be written.")
	d.lost = add("journal_dropped_total", "Entries lost because the journal could not keep up.")
	d.unsaved = add("journal_unsaved_entries", "Entries in memory alone, since the file cannot be written.")
	d.writable = add("journal_writable", "Whether the journal's file can be written.")
	d.moved = add("journal_quarantined_total", "Damaged files that were moved aside.")
	d.mirrorUp = add("mirror_up", "Whether the last try to write the mirror went well.")
	d.mirrorRows = add("mirror_rows_total", "Rows that were written to the mirror.")
	d.mirrorLag = add("mirror_lag_seconds", "Age of the oldest entry that the mirror does not have.")
	d.notifications = add("notifications_total", "Tries to tell people by channel and result; parked ones are given up.", "channel", "result")
	d.notificationQueue = add("notification_queue_length", "Notices that wait to be told.", "channel")
}
