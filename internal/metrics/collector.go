package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A Board shows what is true now. It must be safe for concurrent use.
type Board interface {
	View() *board.View
}

// Options say what is told besides the board's knowledge. The zero Options
// tell nothing more.
type Options struct {
	// Clients is how many of a port's busiest clients get a series by address,
	// the others together one more. 0 names none: addresses are personal data,
	// and every new client would be a new series.
	Clients int
	Self    Self
}

// A Collector makes one exposition from one View of a board. It keeps nothing
// from scrape to scrape and is safe for concurrent use.
type Collector struct {
	board   Board
	options Options
	descs   descs
	states  []string
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector of what b knows.
func NewCollector(b Board, o Options) *Collector {
	return &Collector{board: b, options: o, descs: newDescs(), states: port.States()}
}

// Describe sends every description that Collect may use.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs.all {
		out <- d
	}
}

// Collect sends the series of the present View, but for those of checks, which
// [Handler] writes.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	v := c.board.View()
	s := sheet{descs: &c.descs, states: c.states, out: out}
	s.ports(v, c.options.Clients)
	s.machine(v)
	s.looks(&v.Look)
	s.self(&c.options.Self, v.Checks)
}

// A sheet takes the series of one exposition.
type sheet struct {
	*descs
	states []string // of connections, in the order of their counts
	out    chan<- prometheus.Metric
}

// gauge adds a series; labels are in the order of the description.
func (s sheet) gauge(d *prometheus.Desc, value float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// counter adds a series; labels are in the order of the description.
func (s sheet) counter(d *prometheus.Desc, value float64, labels ...string) {
	s.out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}
