// Sends what somebody asks for, with the token from the password field: as JSON, by Authorization: Bearer, and nowhere else.
// The token stays in this tab. Without this file the forms are hidden, and the commands beside them do the same.
'use strict';

const kept = 'portreeve.token';
const box = () => document.getElementById('token');
const say = (text, bad) => {
  const said = document.getElementById('said');
  said.textContent = text;
  said.className = bad ? 'bad' : 'ok';
};

// The tab remembers the token until it is closed, so that the next check's page has it; where it may not, the field alone does.
const memory = {
  get: () => { try { return sessionStorage.getItem(kept) ?? ''; } catch { return ''; } },
  set: (token) => { try { token ? sessionStorage.setItem(kept, token) : sessionStorage.removeItem(kept); } catch { /* so be it */ } },
};

// valueOf is what a field says in JSON; undefined when it says nothing.
function valueOf(input) {
  const text = input.value.trim();
  if (!text) return undefined;
  if (input.type === 'datetime-local') return new Date(text).toISOString();
  if (input.dataset.kind === 'list') return text.split(/[\s,]+/).filter(Boolean);
  return text;
}

// ask sends a form and returns the answer's complaint; empty when there is none.
async function ask(form, token) {
  const { method, path, body } = form.dataset;
  const options = { method, headers: { Authorization: 'Bearer ' + token, Accept: 'application/json' } };
  if (body) {
    const said = JSON.parse(body);
    for (const input of form.querySelectorAll('[name]')) said[input.name] = valueOf(input);
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(said);
  }
  const answer = await fetch(path, options);
  if (answer.ok) return '';
  const problem = await answer.json().catch(() => ({}));
  const fields = (problem.errors ?? []).map((e) => `${(e.location ?? '').replace(/^body\./, '')} ${e.message}`);
  return [problem.detail || answer.statusText, ...fields, problem.hint].filter(Boolean).join(' · ');
}

document.addEventListener('submit', async (e) => {
  if (!e.target.matches('form.act, #token-box')) return;
  e.preventDefault();
  if (e.target.id === 'token-box') return;
  const form = e.target, button = form.querySelector('button'), token = box().value.trim();
  if (!token) {
    say('This needs a token.', true);
    return box().focus();
  }
  button.disabled = true;
  try {
    const complaint = await ask(form, token);
    say(complaint || `${button.textContent}: done.`, complaint);
    if (complaint) return;
    memory.set(token);
    if (form.dataset.then) return location.assign(form.dataset.then);
    form.closest('details')?.removeAttribute('open');
    form.reset();
    await refresh();
    setTimeout(refresh, 1500); // by when what was asked for has been recorded
  } catch {
    say('The server did not answer.', true);
  } finally {
    button.disabled = false;
  }
});

document.addEventListener('click', (e) => {
  if (e.target.id !== 'forget') return;
  memory.set('');
  box().value = '';
  say('Forgotten.');
});

if (box()) box().value = memory.get();
