// Keeps the page live: whenever the board has moved on, the page asks for itself again and morphs what it shows into the
// answer. Without this file everything works by links, forms and reloading.
'use strict';

const root = document.documentElement;
const pace = Number(document.body.dataset.pace) || 500; // ms between two updates
const patience = 12000;   // ms without a word until the stream counts as dead
const fallback = 5000;    // ms between two updates while there is no stream
const background = 30000; // ms between two updates of a hidden tab, which gives its stream back: browsers allow few
let stream, heard = 0;    // the event stream, and when it last said something
let painted = 0;          // when the page was last brought up to date
let asking, again, timer; // the request under way, whether it is late already, the next one's timer
let watched = 0;          // when the page last asked by itself

// ---- updating ----

// refresh fetches the page's own address and morphs the page into it. A step of the person's (a link, the filter) also
// moves what otherwise is theirs alone: unfolded rows and the filter's text.
async function refresh(step = false) {
  clearTimeout(timer);
  timer = again = 0;
  asking?.abort();
  const mine = asking = new AbortController();
  const late = setTimeout(() => mine.abort(), 10000);
  try {
    const answer = await fetch(location.href, { signal: mine.signal, headers: { Accept: 'text/html', 'Portreeve-Refresh': 'yes' } });
    if (answer.status === 404) return location.reload(); // what the page is about is there no more
    if (!answer.ok) throw new Error(answer.statusText);
    paint(new DOMParser().parseFromString(await answer.text(), 'text/html'), step);
    root.dataset.state = 'live';
  } catch {
    if (asking === mine) root.dataset.state = 'lost';
  } finally {
    clearTimeout(late);
    if (asking === mine) asking = null;
    if (again) soon();
  }
}

// soon refreshes at the next time that the pace allows.
function soon() {
  again = asking;
  if (!timer && !asking) timer = setTimeout(refresh, Math.max(0, painted + pace - performance.now()));
}

function paint(next, step) {
  const script = 'script[src*="app.js"]', icon = 'link[rel=icon]';
  if (next.querySelector(script)?.src !== document.querySelector(script).src) return location.reload(); // a new release
  painted = performance.now();
  document.title = next.title;
  document.querySelector(icon).href = next.querySelector(icon).href;
  Idiomorph.morph(document.body, next.body, { callbacks: {
    beforeNodeMorphed: (was, is) => {
      if (was.matches?.('form.act, #token-box, #said')) return false; // what somebody fills in
      if (was.type === 'search') return [was.ariaInvalid, was.value] = [is.ariaInvalid, step ? is.defaultValue : was.value], false;
      if (was.matches?.('tr.more') && !is.firstElementChild) return false; // folded rows are told only once
      if (!step && was.classList?.contains('v') && was.textContent !== is.textContent) is.classList.add('glow');
    },
    beforeNodeAdded: (node) => { if (!step && node.classList?.contains('row')) node.classList.add('fresh'); },
    beforeAttributeUpdated: (name, node) => name !== 'open' || step && node.matches('.fold'),
  } });
}

// ---- hearing ----

function listen() {
  stream?.close();
  if (document.hidden) return;
  heard = performance.now();
  stream = new EventSource('/events/stream?kind=generation');
  stream.addEventListener('generation', (e) => {
    heard = performance.now();
    const told = JSON.parse(e.data);
    const most = document.querySelector('#checks, #check') ? fallback : background; // a target that goes on answering makes no new stamp
    if (told.stamp !== document.body.dataset.stamp || root.dataset.state === 'lost' || heard - painted > most) return soon();
    const time = document.querySelector('#live time'); // nothing has changed but the time
    if (time && told.looked) [time.textContent, time.dateTime, time.title] = [told.looked, told.looked_at, told.looked_at];
  });
  stream.onerror = () => { heard = 0; watch(); };
}

// watch looks after the stream: while it is silent the page asks by itself, and tries to hear again.
function watch() {
  const now = performance.now();
  if (!document.hidden && heard && now - heard < patience) return;
  if (watched && now - watched < (document.hidden ? background : fallback) - 100) return;
  watched = now;
  refresh().then(() => { if (root.dataset.state === 'live') listen(); });
}

setInterval(watch, fallback);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return stream?.close();
  listen();
  refresh();
});

// ---- the address holds the state ----

const readable = (query) => query.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');

function go(url) {
  history.pushState(null, '', url);
  refresh(true).then(() => document.getElementById(location.hash.slice(1))?.scrollIntoView({ block: 'nearest' }));
}

document.addEventListener('click', (e) => {
  const link = e.target.closest('a[href^="/"]');
  if (!link || link.pathname !== location.pathname || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  e.preventDefault();
  go(link.href);
});
document.addEventListener('submit', (e) => {
  if (!e.target.matches('[role=search]')) return;
  e.preventDefault();
  const state = new URLSearchParams([...new FormData(e.target)].filter(([, value]) => value));
  const to = new URL(e.target.action);
  go(to.pathname + '?' + readable(state.toString()) + to.hash);
});
addEventListener('popstate', () => refresh(true));

// Unfolding a row says so in the address, so that a link to the page shows the same, and fetches what is in it.
document.addEventListener('toggle', (e) => {
  if (!e.target.matches?.('.fold')) return;
  const url = new URL(location.href);
  const open = [...document.querySelectorAll('.fold[open]')].map((fold) => fold.closest('tr').id).join(',');
  if (open === (url.searchParams.get('open') ?? '')) return;
  if (open) url.searchParams.set('open', open); else url.searchParams.delete('open');
  history.replaceState(null, '', readable(url.href));
  soon();
}, true);

// ---- keys ----

document.addEventListener('keydown', (e) => {
  const filter = document.getElementById('filter');
  const typing = e.target.matches?.('input, select, textarea');
  if (typing && e.key === 'Escape') e.target.blur();
  if (typing || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === '/') filter?.focus();
  else if (e.key === '?') document.getElementById('help')?.toggleAttribute('open');
  else if (e.key === 'j' || e.key === 'k') move(e.key === 'j' ? 1 : -1);
  else return;
  e.preventDefault();
});

// move puts the focus on the next row's fold, from where Enter opens it.
function move(by) {
  const folds = [...document.querySelectorAll('.fold > summary')];
  folds[Math.min(Math.max(folds.indexOf(document.activeElement) + by, 0), folds.length - 1)]?.focus();
}

[root.dataset.state, painted] = ['live', performance.now()];
listen();
