// The chat page: many conversations streaming at once over one WebSocket.
//
// 1. A turn is a prompt and its answer; its id is the request id, chosen here, so sending it twice joins it.
// 2. A stop is kept until the server acknowledges it: pressed while disconnected, it is sent first on reconnect.
// 3. A running answer is resumed at its cursor after a reconnect or a reload; cursors drop what came twice.
// 4. What the answer says is kept in localStorage, text and cursor in one write, within bounds.
// 5. Chunks reach the document once per animation frame, as text nodes; markup in them stays text.

import { byId, LIMITS, STORE } from './base.js';
import { settings } from './settings.js';
import { archive, conversations, runningTurns } from './conversations.js';
import { connection, live, resume, watchStop } from './protocol.js';
import { composer, log, narrow, view } from './view.js';

// What the user does

byId('composer-form').addEventListener('submit', (event) => { event.preventDefault(); view.send(); });
byId('stop').addEventListener('click', () => view.stopActive('stop button'));
byId('new-conversation').addEventListener('click', () => { view.openNew(); view.closeMenu(); composer.focus(); });
byId('delete').addEventListener('click', () => view.deletePressed());
byId('open-menu').addEventListener('click', () => view.openMenu());
byId('close-menu').addEventListener('click', () => view.closeMenu());
byId('scrim').addEventListener('click', () => view.closeMenu());
byId('banner-retry').addEventListener('click', () => connection.retryNow());
byId('banner-settings').addEventListener('click', () => byId('settings').showPopover());
narrow.addEventListener('change', () => view.closeMenu());

composer.addEventListener('input', () => {
  view.active.draft = composer.value;
  archive.touch(view.active);
  view.fitComposer();
  byId('send').disabled = !composer.value.trim();
  if (!view.active.turns.length) view.itemChanged(view.active);
});

composer.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (view.blocking()) view.announce('Still answering. Escape stops it.');
  else view.send();
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
  if (byId('settings').matches(':popover-open')) return; // closes itself
  if (view.sidebarIsOpen()) return view.closeMenu();
  view.stopActive('escape key');
});

let lastTop = 0;
log.addEventListener('scroll', () => {
  // Only a move upwards lets go: text that arrived since the last frame also leaves the end out of sight.
  if (view.atEnd()) view.setFollow(true);
  else if (log.scrollTop < lastTop - 1) view.setFollow(false);
  lastTop = log.scrollTop;
}, { passive: true });
log.addEventListener('wheel', (event) => { if (event.deltaY < 0 && log.scrollTop > 0) view.setFollow(false); }, { passive: true });
byId('jump').addEventListener('click', () => { view.setFollow(true); log.scrollTop = log.scrollHeight; });
let logWidth = log.clientWidth, rewrapTimer = 0;
new ResizeObserver(() => {
  if (view.follow) log.scrollTop = log.scrollHeight;
  if (log.clientWidth === logWidth) return;
  logWidth = log.clientWidth;
  clearTimeout(rewrapTimer);
  rewrapTimer = setTimeout(() => {
    for (const turnView of view.turns.values()) turnView.text.rewrap(turnView.turn.text);
    view.requestFrame();
  }, 120);
}).observe(log);

// Settings

const settingsForm = byId('settings');

settingsForm.addEventListener('submit', (event) => { event.preventDefault(); settingsForm.hidePopover(); });

settingsForm.addEventListener('change', () => {
  const hadToken = settings.token;
  const fields = settingsForm.elements;
  settings.model = fields.model.value.trim();
  for (const name of ['count', 'interval_ms']) if (fields[name].validity.valid) settings[name] = fields[name].value;
  settings.token = fields.token.value.trim();
  settings.save();
  byId('settings-summary').textContent = settings.summary;
  if (settings.token !== hadToken) connection.open();
});

settingsForm.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('input')) { event.preventDefault(); event.target.blur(); settingsForm.hidePopover(); }
});

settingsForm.addEventListener('beforetoggle', (event) => {
  byId('settings-open').setAttribute('aria-expanded', event.newState === 'open');
  if (event.newState !== 'open') return;
  for (const name of ['model', 'count', 'interval_ms', 'token']) settingsForm.elements[name].value = settings[name];
  const anchor = byId('settings-open').getBoundingClientRect();
  settingsForm.style.left = `${Math.max(16, anchor.left)}px`;
  settingsForm.style.bottom = `${Math.max(16, innerHeight - anchor.top + 10)}px`;
});

byId('token-show').addEventListener('click', () => {
  const field = byId('setting-token');
  const show = field.type === 'password';
  field.type = show ? 'text' : 'password';
  byId('token-show').textContent = show ? 'Hide' : 'Show';
  byId('token-show').setAttribute('aria-pressed', show);
});

// The page comes and goes; other tabs write too

addEventListener('pagehide', () => archive.flush());
addEventListener('online', () => connection.retryNow());
addEventListener('pageshow', (event) => { if (event.persisted) connection.retryNow(); });
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') archive.flush();
  else if (connection.state === 'waiting') connection.retryNow();
});

addEventListener('storage', (event) => {
  if (!event.key?.startsWith(`${STORE}c.`)) return;
  const id = event.key.slice(`${STORE}c.`.length);
  const here = conversations.all.get(id);
  // What streams here is newer here.
  if (here && runningTurns(here).some((turn) => live.has(turn.id))) return;
  const isActive = here !== undefined && here === view.active;
  if (event.newValue === null) {
    archive.sizes.delete(id);
    if (!here || isActive) return;
    conversations.remove(id);
    return view.listChanged();
  }
  const conversation = archive.parse(event.newValue);
  const outline = (c) => c?.turns.map((turn) => `${turn.id} ${turn.state} ${turn.text.length}`).join() + c?.deleted;
  if (!conversation || outline(conversation) === outline(here)) return;
  if (here) conversation.draft = here.draft;
  archive.sizes.set(id, event.newValue.length);
  conversations.add(conversation);
  if (isActive) view.open(conversation);
  else view.listChanged();
  if (connection.isReady) for (const turn of runningTurns(conversation)) if (turn.accepted) resume({ conversation, turn });
});

// Start

settings.load();
byId('settings-summary').textContent = settings.summary;
try { archive.load(); } catch { /* no storage: conversations last as long as the page */ }
for (const { conversation, turn } of conversations.running()) {
  if (turn.stop) watchStop({ conversation, turn });
  if (turn.unstored) { turn.text = ''; turn.cursor = null; turn.unstored = false; }
  if (turn.accepted || turn.stop || Date.now() - turn.sentAt < LIMITS.unsentAge) continue;
  turn.state = 'failed';
  turn.error = { code: 'MESSAGE_NOT_FOUND', message: '' };
}
{
  let last = null;
  try { last = sessionStorage.getItem(`${STORE}active`); } catch { /* the newest */ }
  const conversation = conversations.all.get(last) ?? conversations.newestFirst[0];
  if (conversation) view.open(conversation);
  else view.openNew();
}
if (!narrow.matches) composer.focus();
connection.open();
