package port

// Nearest returns the candidate that a misspelt word most likely means: the
// one within two edits, or a third of the word's length if that is less.
func Nearest(word string, candidates []string) (string, bool) {
	best, distance := "", min(2, 1+len(word)/3)+1
	for _, c := range candidates {
		if d := edits(word, c); d < distance {
			best, distance = c, d
		}
	}
	return best, best != ""
}

// edits returns the Levenshtein distance of two words, by bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], min(cost, 1+min(row[j], row[j+1]))
		}
	}
	return row[len(b)]
}
