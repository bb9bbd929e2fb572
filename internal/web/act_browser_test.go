package web

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// said returns the last that a registry heard.
func (f *fakeRegistry) last() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.said) == 0 {
		return ""
	}
	return f.said[len(f.said)-1]
}

// fill types into a field and presses a form's button.
const fill = `(id, value) => { const i = document.getElementById(id); i.value = value; i.dispatchEvent(new Event('input', {bubbles: true})) }`

// TestActionsInTheBrowser: a token makes them, what is typed stays while the page
// goes on, and the token is nowhere but where it belongs.
func TestActionsInTheBrowser(t *testing.T) {
	w, reg := pastWorld(time.Now())
	ctx := browse(t)
	url := "http://" + serve(t, w.server(pastOptions(w, reg)))
	open(t, ctx, url+"/checks/api")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	token := `document.getElementById('token')`
	if eval[bool](t, ctx, token+`.checkVisibility()`) {
		t.Error("the page asks for a token before anybody wants anything")
	}
	summary := func(label string) string {
		return `[...document.querySelectorAll('.action > summary')].find(s => s.textContent === '` + label + `')`
	}
	eval[any](t, ctx, summary("Acknowledge")+`.click()`)
	become(t, ctx, token+`.checkVisibility() && document.getElementById('act-acknowledge').checkVisibility()`)
	submit := func(id string) { eval[any](t, ctx, `document.getElementById('`+id+`').requestSubmit()`) }
	submit("act-acknowledge")
	become(t, ctx, `document.getElementById('said').textContent === 'This needs a token.' && document.activeElement === `+token)
	press(t, ctx, secretOf("read"))
	eval[any](t, ctx, `(`+fill+`)('act-acknowledge-note', 'on it <b>')`)
	submit("act-acknowledge")
	become(t, ctx, `document.getElementById('said').textContent.includes('of scope read, and this needs admin')`)
	if reg.last() != "" {
		t.Errorf("the registry heard %q", reg.last())
	}
	w.look() // a new generation: the page is brought up to date
	eval[any](t, ctx, `refresh()`)
	become(t, ctx, `document.getElementById('act-acknowledge-note').value === 'on it <b>' && `+token+`.value.startsWith('prt_read')`)
	eval[any](t, ctx, `(`+fill+`)('token', '`+secretOf("admin")+`')`)
	submit("act-acknowledge")
	become(t, ctx, `document.getElementById('said').textContent === 'Acknowledge: done.' && document.querySelector('article.none').textContent.includes('Acknowledged by admin: on it <b>.')`)
	if got := reg.last(); got != "acknowledge check/api/25 of api by admin: on it <b>" {
		t.Errorf("the registry heard %q", got)
	}
	become(t, ctx, summary("Take back the acknowledgement")+` !== undefined`)
	eval[any](t, ctx, summary("Plan maintenance")+`.click()`)
	eval[any](t, ctx, `(`+fill+`)('act-plan-from', '2031-05-06T07:08'); (`+fill+`)('act-plan-for', '4h'); (`+fill+`)('act-plan-why', 'disks')`)
	submit("act-plan")
	become(t, ctx, `document.getElementById('said').textContent === 'Plan maintenance: done.'`)
	if got := reg.last(); got != `plan [api] from 2031-05-06T07:08:00Z until 2031-05-06T11:08:00Z weekly "" by admin: disks` {
		t.Errorf("the registry heard %q", got)
	}
	if where := eval[string](t, ctx, `location.href + document.cookie + document.body.innerHTML`); strings.Contains(where, secretOf("admin")) {
		t.Error("the token stands in the address, a cookie or the page")
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url+"/checks/holiday")); err != nil {
		t.Fatal(err)
	}
	become(t, ctx, `document.documentElement.dataset.state === 'live' && `+token+`.value === '`+secretOf("admin")+`'`)
	submit("act-resume")
	become(t, ctx, `document.getElementById('said').textContent === 'Resume: done.'`)
	if got := reg.last(); got != "resume holiday by admin" {
		t.Errorf("the registry heard %q", got)
	}
	eval[any](t, ctx, `document.getElementById('forget').click()`)
	become(t, ctx, token+`.value === '' && sessionStorage.length === 0`)
}

// TestSigningOffInTheBrowser leads away from the page of what is no more.
func TestSigningOffInTheBrowser(t *testing.T) {
	p := appsReception(t)
	ctx := browse(t)
	url := "http://" + serve(t, p.server(p.options))
	open(t, ctx, url+"/checks/shop")
	become(t, ctx, `document.documentElement.dataset.state === 'live' && document.querySelectorAll('.parts li').length === 4`)
	eval[any](t, ctx, `[...document.querySelectorAll('.action > summary')].find(s => s.textContent === 'Sign off').click()`)
	eval[any](t, ctx, `(`+fill+`)('token', '`+secretOf("admin")+`'); document.getElementById('act-sign-off').requestSubmit()`)
	become(t, ctx, `location.pathname + location.hash === '/#checks' && document.readyState === 'complete'`)
	if p.registrar.heard() != 1 || p.registrar.said[0] != "remove shop by admin" {
		t.Errorf("the registrar heard %q", p.registrar.said)
	}
}

// TestAnAppThatLeavesInTheBrowser: whoever looks at its page is told. The browser
// complains of the 404 by itself, so it is not asked whether all went well.
func TestAnAppThatLeavesInTheBrowser(t *testing.T) {
	p := appsReception(t)
	ctx := browse(t)
	if err := chromedp.Do(ctx, chromedp.Navigate("http://"+serve(t, p.server(p.options))+"/checks/restless")); err != nil {
		t.Fatal(err)
	}
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	p.board.Uncheck("restless")
	become(t, ctx, `document.body.innerText.includes('There is no such check.')`)
}

// TestKeysAreTypedIntoFields and not taken for the page's own.
func TestKeysAreTypedIntoFields(t *testing.T) {
	w, reg := pastWorld(time.Now())
	ctx := browse(t)
	open(t, ctx, "http://"+serve(t, w.server(pastOptions(w, reg)))+"/incidents")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	eval[any](t, ctx, `document.querySelector('#act .action').open = true; document.getElementById('act-plan-why').focus()`)
	press(t, ctx, "j/k?")
	become(t, ctx, `document.getElementById('act-plan-why').value === 'j/k?'`)
	eval[any](t, ctx, `document.activeElement.blur()`)
	press(t, ctx, "/")
	press(t, ctx, "web"+kb.Enter)
	become(t, ctx, `location.pathname + location.search === '/incidents?check=web' && document.querySelectorAll('.incidents tbody tr').length === 1`)
	eval[any](t, ctx, `[...document.querySelectorAll('.windows a')].find(a => a.textContent === 'open').click()`)
	become(t, ctx, `location.search === '?check=web&state=open' && document.body.innerText.includes('No outage is known of this check.')`)
}

// TestActionsWithoutScripts: the forms are not shown, the commands are.
func TestActionsWithoutScripts(t *testing.T) {
	w, reg := pastWorld(time.Now())
	ctx := browse(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	open(t, ctx, "http://"+serve(t, w.server(pastOptions(w, reg)))+"/checks/api")
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(".action > summary"))); err != nil {
		t.Fatal(err)
	}
	become(t, ctx, `document.querySelector('.action pre').checkVisibility() && !document.querySelector('form.act').checkVisibility() && !document.getElementById('token').checkVisibility()`)
	if command := eval[string](t, ctx, `document.querySelector('.action pre').textContent`); !strings.HasPrefix(command, `curl -X POST -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"incident":"check/api/25","note":"on it"}' 'http://127.0.0.1:`) {
		t.Errorf("the command is %s", command)
	}
}

// TestHostileNotesHarmNoBrowser: what tokens' holders say is foreign, too.
func TestHostileNotesHarmNoBrowser(t *testing.T) {
	w, reg := hostilePast(time.Now())
	ctx := browse(t)
	url := "http://" + serve(t, w.server(hostileOptions(w, reg)))
	open(t, ctx, url+"/checks/check-0")
	for _, path := range []string{"/checks/check-0", "/incidents", "/"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(url+path)); err != nil {
			t.Fatal(err)
		}
		become(t, ctx, `document.documentElement.dataset.state === 'live'`)
		if !eval[bool](t, ctx, `!document.querySelector('img, iframe, [onerror], [onload], [onmouseover]') && [...document.scripts].every(s => s.src.startsWith(location.origin + '/assets/'))`) {
			t.Errorf("%s: a text became an element", path)
		}
	}
}
