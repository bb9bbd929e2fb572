package health

// A Status is what is believed of a check's target.
type Status string

// The statuses. Degrading is a suspicion: it counts as up.
const (
	Unknown   Status = "UNKNOWN"
	Healthy   Status = "HEALTHY"
	Degrading Status = "DEGRADING"
	Unhealthy Status = "UNHEALTHY"
)

// Statuses lists every status.
func Statuses() []Status { return []Status{Unknown, Healthy, Degrading, Unhealthy} }

// Up reports whether the target counts as up.
func (s Status) Up() bool { return s == Healthy || s == Degrading }

// An Overlay is a circumstance that a status is to be read with.
type Overlay string

// The overlays.
const (
	Paused      Overlay = "PAUSED"      // nobody asks
	Maintenance Overlay = "MAINTENANCE" // trouble is expected
	Behind      Overlay = "UNREACHABLE" // a parent is down, so this cannot be told
	Flapping    Overlay = "FLAPPING"    // the results change too often to believe any
	Stale       Overlay = "STALE"       // the last result is more than three intervals old
)

// Overlays lists every overlay.
func Overlays() []Overlay { return []Overlay{Paused, Maintenance, Behind, Flapping, Stale} }
