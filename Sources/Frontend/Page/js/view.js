// The page: the open conversation, the list, the composer.

import { byId, clock, STORE, when } from './base.js';
import { settings } from './settings.js';
import { conversations, hasEnded, runningTurns } from './conversations.js';
import { ask, connection, forget, readSaved, stop } from './protocol.js';
import { TurnView } from './answer.js';

export const log = byId('log');
export const composer = byId('composer');
export const narrow = matchMedia('(max-width: 47.99rem)');

export const view = {
  active: null,
  turns: new Map(), // request id → TurnView of the open conversation
  items: new Map(), // conversation id → its element in the list
  follow: true, // whether the end stays in sight
  waiting: new Set(), // TurnViews with text for the next frame
  frame: 0,
  meterTimer: 0,
  countdown: 0,

  // MARK: The open conversation

  open(conversation) {
    if (this.active && this.active !== conversation) this.active.scroll = this.follow ? null : log.scrollTop;
    this.active = conversation;
    conversation.unread = false;
    try { sessionStorage.setItem(`${STORE}active`, conversation.id); } catch { /* the newest opens next time */ }
    this.waiting.clear();
    this.turns.clear();
    const transcript = byId('transcript');
    transcript.replaceChildren();
    for (const turn of conversation.turns) {
      const turnView = new TurnView(conversation, turn);
      this.turns.set(turn.id, turnView);
      transcript.append(turnView.element);
      if (turn.unstored && hasEnded(turn)) readSaved({ conversation, turn });
    }
    if (!conversation.turns.length) transcript.append(byId('template-empty').content.cloneNode(true));
    composer.value = conversation.draft;
    this.fitComposer();
    this.setFollow(conversation.scroll == null);
    log.scrollTop = conversation.scroll ?? log.scrollHeight;
    this.disarmDelete();
    this.listChanged();
    this.controlsChanged();
    this.keepMetering();
  },

  openNew() {
    const empty = conversations.newestFirst.find((c) => !c.turns.length && !c.draft.trim());
    const conversation = empty ?? conversations.makeConversation();
    conversation.touchedAt = Date.now();
    conversations.add(conversation);
    this.open(conversation);
  },

  send() {
    const prompt = composer.value.trim();
    if (!prompt || this.blocking()) return;
    composer.value = this.active.draft = '';
    this.fitComposer();
    this.setFollow(true);
    ask(this.active, prompt);
  },

  askAgain(conversation, turn) {
    if (this.blocking()) return;
    this.setFollow(true);
    ask(conversation, turn.prompt);
  },

  /// The answer that keeps the composer from sending: one that runs, unless its stop is acknowledged and merely slow.
  blocking() {
    return this.active?.turns.findLast((turn) => !hasEnded(turn) && !(turn.stop?.acknowledgedAt && turn.stop.overdue));
  },

  stopActive(reason) {
    const turn = this.blocking();
    if (turn) stop({ conversation: this.active, turn }, reason);
  },

  // MARK: What the protocol tells

  turnAdded(conversation, turn) {
    if (conversation === this.active) {
      const transcript = byId('transcript');
      if (conversation.turns.length === 1) transcript.replaceChildren();
      const turnView = new TurnView(conversation, turn);
      this.turns.set(turn.id, turnView);
      transcript.append(turnView.element);
      this.requestFrame();
      this.keepMetering();
    }
    this.listChanged();
    this.controlsChanged();
  },

  turnChanged(conversation, turn, { ended = false } = {}) {
    const turnView = this.turns.get(turn.id);
    if (turnView) {
      turnView.update();
      this.requestFrame();
      this.controlsChanged();
    }
    this.itemChanged(conversation);
    this.elsewhereChanged();
    if (ended && turnView) {
      const words = { cancelled: 'Stopped.', completed: 'The answer is complete.', failed: 'The answer was interrupted.' };
      this.announce(words[turn.state]);
    }
  },

  textAdded(turn, content) {
    const turnView = this.turns.get(turn.id);
    if (!turnView) return;
    turnView.text.add(content);
    this.waiting.add(turnView);
    this.requestFrame();
  },

  textReplaced(turn) {
    this.turns.get(turn.id)?.text.replace(turn.text);
    this.requestFrame();
  },

  requestFrame() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      for (const turnView of this.waiting) turnView.text.flush();
      for (const turnView of this.waiting) turnView.text.wrap();
      this.waiting.clear();
      if (this.follow) log.scrollTop = log.scrollHeight;
      else byId('jump').hidden = false;
    });
  },

  keepMetering() {
    this.meterTimer ||= setInterval(() => {
      const running = [...this.turns.values()].filter(({ turn }) => !hasEnded(turn));
      for (const turnView of running) turnView.updateMeter();
      if (!running.length) { clearInterval(this.meterTimer); this.meterTimer = 0; }
    }, 250);
  },

  announce(text) {
    byId('announcer').textContent = '';
    setTimeout(() => { byId('announcer').textContent = text; }, 50);
  },

  // MARK: Scrolling

  atEnd() { return log.scrollHeight - log.scrollTop - log.clientHeight < 12; },

  setFollow(follow) {
    this.follow = follow;
    byId('jump').hidden = follow || this.atEnd();
  },

  // MARK: The list

  listChanged() {
    const list = byId('conversations');
    const shown = conversations.newestFirst;
    for (const id of this.items.keys()) {
      if (conversations.all.has(id) && !conversations.all.get(id).deleted) continue;
      this.items.get(id).remove();
      this.items.delete(id);
    }
    shown.forEach((conversation, index) => {
      let item = this.items.get(conversation.id);
      if (!item) {
        item = byId('template-conversation').content.firstElementChild.cloneNode(true);
        const { id } = conversation;
        item.querySelector('.conversation-open').onclick = () => {
          const chosen = conversations.all.get(id);
          if (chosen) this.open(chosen);
          this.closeMenu();
        };
        item.querySelector('.conversation-stop').onclick = () => {
          const current = conversations.all.get(id);
          for (const turn of current ? runningTurns(current) : []) stop({ conversation: current, turn }, 'stop button in the list');
        };
        this.items.set(id, item);
      }
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
      this.itemChanged(conversation);
    });
    this.elsewhereChanged();
  },

  itemChanged(conversation) {
    const item = this.items.get(conversation.id);
    if (!item) return;
    const last = conversation.turns.at(-1);
    const running = runningTurns(conversation);
    const state = running[0]?.state ?? last?.state ?? 'empty';
    const title = conversation.title || 'New conversation';
    const open = item.querySelector('.conversation-open');
    open.dataset.conversationId = conversation.id;
    open.dataset.state = state;
    open.dataset.unread = conversation.unread && !running.length;
    open.setAttribute('aria-current', conversation === this.active);
    item.querySelector('.conversation-title').textContent = title;
    const time = last ? when(last.endedAt ?? last.sentAt) : '';
    const notes = { queued: 'Waiting', streaming: 'Streaming', stopping: 'Stopping', cancelled: `Stopped · ${time}`, failed: `Interrupted · ${time}`, completed: time };
    item.querySelector('.conversation-note').textContent = notes[state] ?? (conversation.draft ? 'Draft' : 'Nothing said yet');
    const stopButton = item.querySelector('.conversation-stop');
    stopButton.hidden = !running.some((turn) => !turn.stop);
    stopButton.setAttribute('aria-label', `Stop “${title}”`);
    if (conversation === this.active) {
      byId('title').textContent = title;
      byId('title').dataset.empty = !last;
      byId('delete').hidden = !last && !conversation.draft;
      document.title = conversation.title ? `${conversation.title} – Penstock` : 'Penstock';
    }
  },

  /// On a phone the list is out of sight: a dot on its button tells that something runs or waits there.
  elsewhereChanged() {
    byId('elsewhere').hidden = ![...conversations.all.values()].some((c) => c !== this.active && !c.deleted && (c.unread || runningTurns(c).length));
  },

  // MARK: Composer, connection, menu

  controlsChanged() {
    const turn = this.blocking();
    const stopping = Boolean(turn?.stop) && !turn.stop.overdue;
    const focused = [byId('send'), byId('stop')].find((button) => button === document.activeElement);
    byId('send').hidden = Boolean(turn);
    byId('send').disabled = !composer.value.trim();
    byId('stop').hidden = !turn;
    byId('stop').disabled = stopping;
    byId('stop-label').textContent = stopping ? 'Stopping' : turn?.stop ? 'Force it' : 'Stop';
    if (focused?.hidden || focused?.disabled) this.focusComposer();
  },

  /// Where the focus goes when its button is gone; not on a touch screen, where it would bring up the keyboard.
  focusComposer() {
    if (!matchMedia('(pointer: coarse)').matches) composer.focus({ preventScroll: true });
  },

  fitComposer() {
    if (CSS.supports('field-sizing', 'content')) return;
    composer.style.height = 'auto';
    composer.style.height = `${composer.scrollHeight}px`;
  },

  connectionChanged() {
    const { state, closeCode, notice, failures, wasReady } = connection;
    const labels = { connecting: wasReady || failures ? 'Reconnecting' : 'Connecting', ready: 'Connected', waiting: 'Reconnecting', refused: 'Not connected' };
    byId('connection').dataset.state = state;
    byId('connection-label').textContent = labels[state];
    clearInterval(this.countdown);
    const running = conversations.running().some(({ conversation }) => !conversation.deleted);
    let text = '';
    if (state === 'refused') {
      text = closeCode === 0 ? ''
        : closeCode === 4403 ? 'This server does not allow this connection.'
        : closeCode === 1008 ? 'The server closed the connection and asks not to try again.'
        : settings.token ? 'The server did not accept the access token.'
        : 'This server asks for an access token. Set it in the settings.';
      text = `${text} ${notice}`.trim();
    } else if (state === 'waiting' && failures > 1) {
      text = running ? 'No connection. Answers are picked up where they are once it is back.' : 'No connection. Messages are sent once it is back.';
      if (!wasReady && failures > 2) text += ' If this server asks for an access token, set it in the settings.';
    }
    // While a new attempt runs the banner stays as it is, so that it does not flicker.
    if (!(state === 'connecting' && failures > 1)) {
      byId('banner').hidden = !text;
      byId('banner').dataset.kind = state;
      byId('banner-settings').hidden = state !== 'refused' && !text.includes('settings');
      byId('banner-text').textContent = text;
    }
    byId('banner-retry').textContent = 'Try now';
    if (state === 'waiting' && text) {
      const tick = () => { byId('banner-retry').textContent = `Try now (${Math.max(0, Math.ceil((connection.retryAt - clock()) / 1000))} s)`; };
      tick();
      this.countdown = setInterval(tick, 500);
    }
    for (const turnView of this.turns.values()) if (!hasEnded(turnView.turn)) turnView.update();
  },

  sidebarIsOpen() { return narrow.matches && byId('sidebar').dataset.open === 'true'; },

  openMenu() {
    byId('sidebar').dataset.open = 'true';
    byId('scrim').hidden = false;
    byId('main').inert = true;
    byId('open-menu').setAttribute('aria-expanded', 'true');
    byId('close-menu').focus();
  },

  closeMenu() {
    const wasOpen = this.sidebarIsOpen();
    byId('sidebar').dataset.open = 'false';
    byId('scrim').hidden = true;
    byId('main').inert = false;
    byId('open-menu').setAttribute('aria-expanded', 'false');
    if (wasOpen) byId('open-menu').focus();
  },

  // MARK: Deleting: one press asks, the second does

  deleteTimer: 0,

  disarmDelete() {
    clearTimeout(this.deleteTimer);
    delete byId('delete').dataset.armed;
    byId('delete-label').hidden = true;
    byId('delete').setAttribute('aria-label', 'Delete this conversation');
  },

  deletePressed() {
    if (!byId('delete').dataset.armed) {
      byId('delete').dataset.armed = 'true';
      byId('delete-label').hidden = false;
      byId('delete').setAttribute('aria-label', 'Press again to delete this conversation');
      this.deleteTimer = setTimeout(() => this.disarmDelete(), 4_000);
      return;
    }
    const conversation = this.active;
    for (const turn of runningTurns(conversation)) stop({ conversation, turn }, 'conversation deleted');
    forget(conversation);
    const next = conversations.newestFirst[0];
    if (next) this.open(next);
    else this.openNew();
  },
};
