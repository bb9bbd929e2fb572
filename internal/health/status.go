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
