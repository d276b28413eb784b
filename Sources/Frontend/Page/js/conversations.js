// Conversations, and where they are kept.

import { clock, LIMITS, STORE, uuid } from './base.js';
import { settings } from './settings.js';
import { view } from './view.js';

export const hasEnded = (turn) => turn.state === 'cancelled' || turn.state === 'completed' || turn.state === 'failed';
export const runningTurns = (conversation) => conversation.turns.filter((turn) => !hasEnded(turn));

export const conversations = {
  all: new Map(), // id → conversation
  turns: new Map(), // request id → { conversation, turn }

  add(conversation) {
    this.remove(conversation.id);
    this.all.set(conversation.id, conversation);
    for (const turn of conversation.turns) this.turns.set(turn.id, { conversation, turn });
  },

  remove(id) {
    for (const turn of this.all.get(id)?.turns ?? []) this.turns.delete(turn.id);
    this.all.delete(id);
  },

  get newestFirst() { return [...this.all.values()].filter((c) => !c.deleted).sort((a, b) => b.touchedAt - a.touchedAt); },

  running() { return [...this.turns.values()].filter(({ turn }) => !hasEnded(turn)); },

  makeConversation() {
    return { id: uuid(), sessionId: null, title: '', touchedAt: Date.now(), draft: '', unread: false, turns: [] };
  },

  makeTurn(prompt) {
    return {
      id: uuid(), prompt, options: settings.forSending(), sentAt: clock(), sent: false, accepted: false, resends: 0,
      messageId: null, text: '', cursor: null, chunks: 0, lateChunks: 0, gap: false,
      state: 'queued', position: null, firstAt: null, endedAt: null, finishReason: null, usage: null, stop: null, error: null,
    };
  },
};

/// localStorage, one key per conversation, written at most once a second and when the page is left.
export const archive = {
  dirty: new Set(),
  sizes: new Map(),
  timer: 0,

  load() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(`${STORE}c.`));
    for (const key of keys) {
      const conversation = this.parse(localStorage.getItem(key));
      if (!conversation) continue;
      this.sizes.set(conversation.id, localStorage.getItem(key).length);
      conversations.add(conversation);
    }
  },

  parse(text) {
    try {
      const conversation = JSON.parse(text);
      return Array.isArray(conversation?.turns) ? conversation : null;
    } catch { return null; }
  },

  touch(conversation) {
    this.dirty.add(conversation.id);
    this.timer ||= setTimeout(() => this.flush(), 1_000);
  },

  flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    for (const id of this.dirty) {
      const conversation = conversations.all.get(id);
      if (conversation && (conversation.turns.length || conversation.draft)) this.write(conversation);
    }
    this.dirty.clear();
    this.keepWithinBounds();
  },

  write(conversation) {
    const text = this.encode(conversation);
    for (;;) {
      try {
        localStorage.setItem(`${STORE}c.${conversation.id}`, text);
        this.sizes.set(conversation.id, text.length);
        return;
      } catch (error) {
        if (error?.name !== 'QuotaExceededError' || !this.evictOldest(conversation.id)) return;
      }
    }
  },

  /// Too long for its share: whole turns go, oldest first; a single one keeps its beginning, and a reload reads
  /// the whole again from the server.
  encode(conversation) {
    let kept = conversation.turns;
    let text = JSON.stringify(conversation);
    while (text.length > LIMITS.conversationCharacters && kept.length) {
      if (kept.length > 1) kept = kept.slice(1);
      else if (!kept[0].unstored) kept = [{ ...kept[0], text: kept[0].text.slice(0, LIMITS.conversationCharacters / 4), unstored: true }];
      else break;
      text = JSON.stringify({ ...conversation, turns: kept });
    }
    return text;
  },

  keepWithinBounds() {
    const total = () => [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
    while (conversations.all.size > LIMITS.conversations || total() > LIMITS.storedCharacters) if (!this.evictOldest(view.active?.id)) break;
  },

  evictOldest(except) {
    const oldest = conversations.newestFirst.reverse().find((c) => c.id !== except && c.id !== view.active?.id && !runningTurns(c).length);
    if (!oldest) return false;
    this.remove(oldest.id);
    conversations.remove(oldest.id);
    view.listChanged();
    return true;
  },

  remove(id) {
    this.dirty.delete(id);
    this.sizes.delete(id);
    try { localStorage.removeItem(`${STORE}c.${id}`); } catch { /* nothing kept */ }
  },
};
