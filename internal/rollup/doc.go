// Package rollup sums up how long checks' answers take: each result goes into
// its check's present bucket of five minutes, finished buckets go to a store, and
// those of more than a day ago become buckets of an hour.
//
// Taking a result costs tens of nanoseconds and allocates nothing, and never
// waits for the store. While the store fails, finished buckets wait in a bounded
// list, of which the oldest are dropped first. What was counted in the last five
// minutes before a crash is lost; an ordered end writes it down.
package rollup
