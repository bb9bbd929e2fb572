package web

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// TestColoursCanBeRead holds every colour of text to WCAG 2.1 AA (4.5 to 1) on
// every ground that it may stand on, in both themes.
func TestColoursCanBeRead(t *testing.T) {
	css := string(loadAssets()["app.css"].body)
	light, dark, ok := strings.Cut(css, "@media screen and (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there is no dark theme")
	}
	for theme, text := range map[string]string{"light": light, "dark": dark} {
		tokens := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+);`).FindAllStringSubmatch(text, -1) {
			if tokens[m[1]] == "" {
				tokens[m[1]] = m[2]
			}
		}
		for fore, grounds := range map[string]string{
			"ink": "paper card wash bad-wash warn-wash glow", "soft": "paper card wash bad-wash warn-wash", "faint": "card wash", "accent": "paper card wash bad-wash warn-wash",
			"ok": "paper card wash", "warn": "paper card wash warn-wash", "bad": "paper card wash bad-wash",
		} {
			for _, ground := range strings.Fields(grounds) {
				if ratio := contrast(t, tokens[fore], tokens[ground]); ratio < 4.5 {
					t.Errorf("%s: %s %s on %s %s is %.2f to 1", theme, fore, tokens[fore], ground, tokens[ground], ratio)
				}
			}
		}
	}
}

// contrast is WCAG's ratio of two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + .05) / (min(la, lb) + .05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		colour = fmt.Sprintf("#%c%c%c%c%c%c", colour[1], colour[1], colour[2], colour[2], colour[3], colour[3])
	}
	var rgb [3]int
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	var sum float64
	for i, weight := range []float64{.2126, .7152, .0722} {
		c := float64(rgb[i]) / 255
		if c <= .03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
