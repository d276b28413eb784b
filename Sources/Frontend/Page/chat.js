// The chat page: many conversations streaming at once over one WebSocket.
//
// 1. A turn is a prompt and its answer; its id is the request id, chosen here, so sending it twice joins it.
// 2. A stop is kept until the server acknowledges it: pressed while disconnected, it is sent first on reconnect.
// 3. A running answer is resumed at its cursor after a reconnect or a reload; cursors drop what came twice.
// 4. What the answer says is kept in localStorage, text and cursor in one write, within bounds.
// 5. Chunks reach the document once per animation frame, as text nodes; markup in them stays text.

const LIMITS = {
  conversations: 60, // kept; the oldest idle ones go first
  conversationCharacters: 800_000, // stored per conversation; its oldest turns go first
  storedCharacters: 3_500_000, // stored in all
  resends: 4, // of one message, before it counts as refused
  unsentAge: 10 * 60_000, // older messages that never reached the server are not sent by a reload
};
const STORE = 'penstock.v1.';

// MARK: Small things

const byId = (id) => document.getElementById(id);
const clock = () => performance.timeOrigin + performance.now();
const plural = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;

/// `crypto.randomUUID` exists in secure contexts only; plain HTTP on a LAN is not one.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function duration(ms) {
  if (!Number.isFinite(ms)) return '';
  if (ms < 0) ms = 0;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/// A server time, ISO 8601 or a number of seconds or milliseconds, in milliseconds.
function instant(value) {
  if (typeof value === 'number') return value < 1e11 ? value * 1000 : value;
  return typeof value === 'string' ? Date.parse(value) : NaN;
}

function when(ms) {
  const date = new Date(ms);
  const today = date.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(undefined, today ? { timeStyle: 'short' } : { day: 'numeric', month: 'short' }).format(date);
}

/// Whether cursor `a`, `<attempt>-<index>`, comes after cursor `b`. Compared as numbers: 1-10 is after 1-9.
function isAfter(a, b) {
  if (!b) return true;
  const [attemptA, indexA] = a.split('-').map(Number);
  const [attemptB, indexB] = b.split('-').map(Number);
  return attemptA !== attemptB ? attemptA > attemptB : indexA > indexB;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not a secure context, or not allowed: the old way.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'hidden-visually';
    area.readOnly = true;
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    let copied = false;
    try { copied = document.execCommand('copy'); } catch { /* the text is selected instead */ }
    area.remove();
    focused?.focus?.({ preventScroll: true });
    return copied;
  }
}

// MARK: Settings

const settings = {
  model: '', count: '', interval_ms: '', token: '',

  load() {
    try { Object.assign(this, JSON.parse(localStorage.getItem(`${STORE}settings`) ?? '{}')); } catch { /* defaults */ }
    try { this.token = sessionStorage.getItem(`${STORE}token`) ?? ''; } catch { /* none */ }
  },

  save() {
    try {
      localStorage.setItem(`${STORE}settings`, JSON.stringify({ model: this.model, count: this.count, interval_ms: this.interval_ms }));
      if (this.token) sessionStorage.setItem(`${STORE}token`, this.token);
      else sessionStorage.removeItem(`${STORE}token`);
    } catch { /* storage is full or forbidden: they last as long as the page */ }
  },

  /// What a `message.send` carries beside its content.
  forSending() {
    const parameters = {};
    for (const name of ['count', 'interval_ms']) if (this[name] !== '') parameters[name] = Number(this[name]);
    return {
      ...(this.model && { model: this.model }),
      ...(Object.keys(parameters).length && { parameters }),
    };
  },

  get summary() {
    const parts = [this.model || 'Default model'];
    if (this.count !== '' || this.interval_ms !== '') parts.push(`${this.count || 1000} × ${this.interval_ms || 100} ms`);
    if (this.token) parts.push('token');
    return parts.join(' · ');
  },
};

// MARK: Connection

/// One WebSocket, reopened with jittered back-off. States: connecting, ready, waiting, refused.
/// Close codes 1008, 4401 and 4403 mean that trying again is pointless; all others are tried again.
class Connection {
  #socket = null;
  #failures = 0;
  #timer = 0;
  #steady = 0;

  state = 'connecting';
  retryAt = 0;
  closeCode = 0;
  notice = '';
  wasReady = false;

  constructor({ changed, ready, received }) {
    this.changed = changed;
    this.ready = ready;
    this.received = received;
  }

  get isReady() { return this.state === 'ready'; }
  get failures() { return this.#failures; }

  open() {
    clearTimeout(this.#timer);
    this.#discard();
    this.notice = '';
    this.#enter('connecting');
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const address = `${scheme}//${location.host}/ws`;
    let socket;
    try {
      socket = settings.token ? new WebSocket(address, ['penstock', `bearer.${settings.token}`]) : new WebSocket(address);
    } catch {
      this.closeCode = 0;
      this.notice = 'The access token has characters that a token cannot have.';
      this.#enter('refused');
      return;
    }
    this.#socket = socket;
    this.#timer = setTimeout(() => this.drop(), 10_000);
    socket.onmessage = (message) => {
      if (socket !== this.#socket) return;
      let event;
      try { event = JSON.parse(message.data); } catch { return; }
      const payload = event?.payload ?? {};
      if (event?.type === 'connection.ready') this.#opened();
      else if (event?.type === 'connection.error') this.notice = payload.message ?? '';
      this.received(event?.type, payload);
    };
    socket.onclose = (event) => { if (socket === this.#socket) this.#closed(event.code, event.reason); };
  }

  /// Writes one command and returns its id, or null when there is no connection to write it to.
  send(type, payload, id = uuid()) {
    if (!this.isReady || this.#socket?.readyState !== WebSocket.OPEN) return null;
    this.#socket.send(JSON.stringify({ id, type, payload, timestamp: new Date().toISOString() }));
    return id;
  }

  /// Gives up a connection that does not answer.
  drop() {
    if (this.#socket) this.#closed(1006, '');
  }

  retryNow() {
    if (this.state === 'waiting' || this.state === 'refused') this.open();
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#steady = setTimeout(() => { this.#failures = 0; }, 5_000);
    this.wasReady = true;
    this.closeCode = 0;
    this.#enter('ready');
    this.ready();
  }

  #closed(code, reason) {
    clearTimeout(this.#timer);
    clearTimeout(this.#steady);
    this.#discard();
    this.closeCode = code;
    if (code === 1008 || code === 4401 || code === 4403) {
      this.notice ||= reason;
      this.#enter('refused');
      return;
    }
    const pause = Math.min(10_000, 300 * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 10);
    this.retryAt = clock() + pause;
    this.#timer = setTimeout(() => this.open(), pause);
    this.#enter('waiting');
  }

  #discard() {
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    try { socket.close(); } catch { /* closed already */ }
  }

  #enter(state) {
    this.state = state;
    this.changed();
  }
}

// MARK: Conversations and where they are kept

const hasEnded = (turn) => turn.state === 'cancelled' || turn.state === 'completed' || turn.state === 'failed';
const runningTurns = (conversation) => conversation.turns.filter((turn) => !hasEnded(turn));

const conversations = {
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
      state: 'queued', firstAt: null, endedAt: null, finishReason: null, usage: null, stop: null, error: null,
    };
  },
};

/// localStorage, one key per conversation, written at most once a second and when the page is left.
const archive = {
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

// MARK: The protocol, from the client's side

const commands = new Map(); // command id → { kind, entry } of stops and resumes that await their answer
const live = new Set(); // request ids that this connection brings chunks of

const connection = new Connection({
  changed() {
    if (connection.state !== 'ready') {
      live.clear();
      commands.clear();
      if (connection.closeCode === 1009) refuseOversized();
    }
    view.connectionChanged();
  },
  ready() {
    for (const entry of conversations.running()) pickUp(entry);
  },
  received(type, payload) {
    events[type]?.(payload);
  },
});

/// Brings a running turn onto this connection: stop first, then whatever makes its events flow here.
function pickUp(entry) {
  const { conversation, turn } = entry;
  if (turn.stop) {
    if (turn.stop.pending) sendStop(entry);
    turn.gap = true;
    resume(entry);
  } else if (turn.accepted) {
    turn.gap = true;
    resume(entry);
  } else if (!turn.sent || turn.resends < LIMITS.resends) {
    if (turn.sent) turn.resends += 1;
    sendMessage(entry);
  } else {
    fail(conversation, turn, 'INVALID_REQUEST', 'The connection closed each time it was sent.');
  }
}

function sendMessage(entry) {
  const { conversation, turn } = entry;
  const sent = connection.send('message.send', {
    ...(conversation.sessionId && { session_id: conversation.sessionId }), content: turn.prompt, ...turn.options,
  }, turn.id);
  if (!sent) return;
  turn.sent = true;
  live.add(turn.id);
  archive.touch(conversation);
}

function resume(entry) {
  const { turn } = entry;
  const id = connection.send('message.resume', { request_id: turn.id, ...(turn.cursor && { after: turn.cursor }) });
  if (!id) return;
  live.add(turn.id);
  commands.set(id, { kind: 'resume', entry });
}

function sendStop(entry) {
  const { turn } = entry;
  const { mode, reason } = turn.stop;
  const id = connection.send('message.stop', { request_id: turn.id, mode, ...(reason && { reason }) });
  if (!id) return;
  commands.set(id, { kind: 'stop', entry });
  // A connection that leaves a stop unanswered is dead; the next one carries it.
  setTimeout(() => { if (commands.has(id)) connection.drop(); }, 5_000);
}

/// Starts an answer. What cannot be sent now is sent on the next connection.
function ask(conversation, prompt) {
  const turn = conversations.makeTurn(prompt);
  const entry = { conversation, turn };
  conversation.turns.push(turn);
  const title = prompt.trim().replace(/\s+/g, ' ');
  conversation.title ||= title.length > 80 ? `${title.slice(0, 79).trimEnd()}…` : title;
  conversation.touchedAt = Date.now();
  conversations.all.set(conversation.id, conversation);
  conversations.turns.set(turn.id, entry);
  sendMessage(entry);
  archive.touch(conversation);
  archive.flush();
  view.turnAdded(conversation, turn);
}

/// Stops an answer in any state. Idempotent; a second press once the stop is overdue forces it.
function stop(entry, reason) {
  const { conversation, turn } = entry;
  if (hasEnded(turn)) return;
  if (turn.stop && !turn.stop.overdue) return;
  if (!turn.stop) {
    turn.stop = { pressedAt: clock(), mode: 'stop', reason, pending: true };
    if (!turn.sent) return end(conversation, turn, 'cancelled');
    turn.state = 'stopping';
  } else {
    turn.stop.mode = 'kill';
    turn.stop.pending = true;
    turn.stop.overdue = false;
  }
  sendStop(entry);
  watchStop(entry);
  archive.touch(conversation);
  archive.flush();
  view.turnChanged(conversation, turn);
}

function watchStop({ conversation, turn }) {
  setTimeout(() => {
    if (hasEnded(turn) || turn.stop.mode === 'kill') return;
    turn.stop.overdue = true;
    view.turnChanged(conversation, turn);
  }, 2_000);
}

function end(conversation, turn, state) {
  turn.state = state;
  turn.endedAt = clock();
  if (turn.stop && state === 'cancelled') {
    turn.stop.settledAt ??= turn.endedAt;
    if (turn.stop.pressedAt) turn.stop.by ??= 'you';
  }
  live.delete(turn.id);
  if (conversation.deleted) return forget(conversation);
  if (conversation !== view.active) conversation.unread = true;
  archive.touch(conversation);
  view.turnChanged(conversation, turn, { ended: true });
}

/// Deletes a conversation; one that still runs is only hidden until its stops are through.
function forget(conversation) {
  conversation.deleted = true;
  archive.touch(conversation);
  if (runningTurns(conversation).length) return;
  archive.remove(conversation.id);
  conversations.remove(conversation.id);
}

function fail(conversation, turn, code, message) {
  turn.error = { code, message: message ?? '' };
  if (code === 'SESSION_NOT_FOUND') conversation.sessionId = null;
  end(conversation, turn, 'failed');
}

/// The server found a message too big to read: the one without an answer so far.
function refuseOversized() {
  connection.closeCode = 1006;
  for (const { conversation, turn } of conversations.running()) {
    if (turn.sent && !turn.accepted) fail(conversation, turn, 'INVALID_REQUEST', 'It is too long for this server.');
  }
}

/// Reads the saved message where the request itself is gone, and shows that.
async function readSaved(entry, tries = 0) {
  const { conversation, turn } = entry;
  if (!turn.messageId) {
    // The server never saw it: nothing runs, so nothing needs stopping.
    if (hasEnded(turn)) return;
    if (turn.stop) end(conversation, turn, 'cancelled');
    else fail(conversation, turn, 'MESSAGE_NOT_FOUND', '');
    return;
  }
  let response, message;
  try {
    response = await fetch(`/messages/${encodeURIComponent(turn.messageId)}`, {
      headers: settings.token ? { Authorization: `Bearer ${settings.token}` } : {}, cache: 'no-store',
    });
    if (response.ok) message = await response.json();
  } catch { /* tried again below */ }
  if (!conversations.turns.has(turn.id)) return;
  if (message) return adopt(entry, message);
  if (response?.status === 404 || response?.status === 401 || response?.status === 403) {
    if (hasEnded(turn)) return;
    if (turn.stop) end(conversation, turn, 'cancelled');
    else fail(conversation, turn, response.status === 404 ? 'MESSAGE_NOT_FOUND' : 'AUTH_REQUIRED', '');
  } else if (tries < 6) {
    setTimeout(() => readSaved(entry, tries + 1), 1_000 * 2 ** tries * (0.5 + Math.random()));
  } else if (!hasEnded(turn)) {
    fail(conversation, turn, 'INTERNAL_ERROR', 'The saved answer could not be read.');
  }
}

function adopt({ conversation, turn }, message) {
  if (typeof message.content === 'string' && message.content !== turn.text) {
    turn.text = message.content;
    view.textReplaced(turn);
  }
  turn.unstored = false;
  turn.gap = false;
  archive.touch(conversation);
  if (hasEnded(turn)) return view.turnChanged(conversation, turn);
  finish(conversation, turn, message);
}

/// Applies how an answer ended: the metadata of `complete`, or a saved message.
function finish(conversation, turn, { is_complete: isComplete, finish_reason: reason, usage, stop: how, error }) {
  turn.finishReason = reason ?? null;
  turn.usage = usage ?? null;
  if (how || reason === 'cancelled') {
    const own = turn.stop && turn.stop.outcome !== 'already_stopped';
    turn.stop = {
      ...turn.stop, by: own ? 'you' : how?.by, reason: how?.reason ?? turn.stop?.reason, mode: how?.mode ?? turn.stop?.mode,
      requestedAt: instant(how?.requested_at), observedAt: instant(how?.observed_at),
    };
  }
  if (reason === 'cancelled') end(conversation, turn, 'cancelled');
  else if (isComplete) end(conversation, turn, 'completed');
  else fail(conversation, turn, error?.error_code ?? (reason === 'expired' ? 'EXPIRED' : 'BACKEND_ERROR'), error?.message);
}

/// The entry an event is about, by its request, the command it answers, or its message.
function entryOf(payload) {
  return conversations.turns.get(payload.request_id)
    ?? commands.get(payload.request_id)?.entry
    ?? (payload.message_id && conversations.running().find(({ turn }) => turn.messageId === payload.message_id));
}

function accepted({ conversation, turn }, payload) {
  turn.accepted = true;
  turn.messageId = payload.message_id ?? turn.messageId;
  conversation.sessionId = payload.session_id ?? conversation.sessionId;
}

const events = {
  'message.streaming.start'(payload) {
    const entry = entryOf(payload);
    if (!entry) return;
    accepted(entry, payload);
    archive.touch(entry.conversation);
    if (!hasEnded(entry.turn)) view.turnChanged(entry.conversation, entry.turn);
  },

  'message.streaming.chunk'(payload) {
    const entry = entryOf(payload);
    if (!entry || hasEnded(entry.turn)) return;
    const { conversation, turn } = entry;
    if (payload.cursor) {
      if (!isAfter(payload.cursor, turn.cursor)) return;
      turn.cursor = payload.cursor;
    }
    const content = payload.chunk?.content;
    if (typeof content !== 'string') return;
    turn.chunks += 1;
    turn.text += content;
    if (turn.stop?.acknowledgedAt && !turn.gap) turn.lateChunks += 1;
    archive.touch(conversation);
    if (turn.state === 'queued') {
      turn.state = 'streaming';
      turn.firstAt = clock();
      view.turnChanged(conversation, turn);
    }
    view.textAdded(turn, content);
  },

  'message.streaming.restart'(payload) {
    const entry = entryOf(payload);
    if (!entry || hasEnded(entry.turn)) return;
    const { conversation, turn } = entry;
    turn.text = '';
    turn.chunks = 0;
    turn.cursor = payload.cursor ?? null;
    archive.touch(conversation);
    view.textReplaced(turn);
  },

  'message.streaming.complete'(payload) {
    const entry = entryOf(payload);
    if (!entry || hasEnded(entry.turn)) return;
    accepted(entry, payload);
    finish(entry.conversation, entry.turn, payload.metadata ?? {});
    // Resumed and stopped at once: the end of the text may have stayed behind.
    if (entry.turn.gap && entry.turn.state === 'cancelled') readSaved(entry);
  },

  'message.streaming.error'(payload) {
    const entry = entryOf(payload);
    if (!entry || hasEnded(entry.turn)) return;
    fail(entry.conversation, entry.turn, payload.error_code ?? 'INTERNAL_ERROR', payload.message);
  },

  'response.success'(payload) {
    const command = commands.get(payload.request_id);
    commands.delete(payload.request_id);
    if (command?.kind !== 'stop') return;
    const { conversation, turn } = command.entry;
    const { outcome, partial_message_id: messageId } = payload.result ?? {};
    turn.stop.pending = false;
    turn.stop.acknowledgedAt ??= clock();
    turn.stop.outcome ??= outcome;
    turn.messageId ??= messageId ?? null;
    archive.touch(conversation);
    view.turnChanged(conversation, turn);
    if (hasEnded(turn)) return;
    // Ended before the stop: its ending is on its way, or was missed and is asked for.
    if (outcome === 'already_completed' || outcome === 'already_stopped') {
      setTimeout(() => { if (!hasEnded(turn)) resume(command.entry); }, 1_500);
    }
  },

  'response.error'(payload) {
    const command = commands.get(payload.request_id);
    commands.delete(payload.request_id);
    const code = payload.error_code;
    if (!command) {
      const entry = conversations.turns.get(payload.request_id);
      if (entry && !hasEnded(entry.turn)) fail(entry.conversation, entry.turn, code, payload.message);
      return;
    }
    const { kind, entry } = command;
    const { conversation, turn } = entry;
    if (hasEnded(turn)) return;
    if (code === 'MESSAGE_NOT_FOUND' || code === 'SESSION_NOT_FOUND') {
      readSaved(entry);
    } else if (kind === 'stop' && (code === 'INVALID_REQUEST' || code === 'AUTH_REQUIRED')) {
      turn.stop = null;
      turn.state = turn.text ? 'streaming' : 'queued';
      view.turnChanged(conversation, turn);
      view.announce('The server refused the stop.');
    } else if (kind === 'resume' && code === 'INVALID_REQUEST') {
      // It was never queued: sent again with its id, it joins what there is.
      if (turn.resends >= LIMITS.resends) return fail(conversation, turn, code, payload.message);
      turn.resends += 1;
      sendMessage(entry);
    } else {
      // Refused for now: a stop, like a resume, is asked for again.
      setTimeout(() => { if (!hasEnded(turn)) kind === 'stop' ? sendStop(entry) : resume(entry); }, 1_000 + Math.random() * 1_000);
    }
  },
};

// MARK: Words

const PROBLEMS = {
  AUTH_REQUIRED: 'This server asks for an access token. Set one in the settings, then try again.',
  SESSION_NOT_FOUND: 'The server no longer has this conversation. Trying again starts it afresh.',
  MESSAGE_NOT_FOUND: 'The server does not know this answer. What arrived of it is kept here.',
  INVALID_REQUEST: 'The server could not take this message.',
  BACKEND_TIMEOUT: 'The model took too long. What it said so far is kept.',
  BACKEND_ERROR: 'The model broke off. What it said so far is kept.',
  RATE_LIMIT_EXCEEDED: 'A little too much at once. Wait a moment, then try again.',
  INTERNAL_ERROR: 'Something went wrong on the server. What arrived is kept.',
  EXPIRED: 'This answer waited too long and expired.',
};

const BADGES = { queued: 'Queued', streaming: 'Streaming', stopping: 'Stopping', cancelled: 'Stopped', completed: 'Complete', failed: 'Interrupted' };

function badgeOf(turn) {
  if (turn.state === 'queued') return turn.accepted ? 'Waiting for the first token' : connection.isReady ? 'Sending' : 'Waiting for the connection';
  if (turn.state === 'stopping' && !turn.stop?.acknowledgedAt && !connection.isReady) return 'Stopping once connected';
  return BADGES[turn.state] ?? turn.state;
}

function stoppedBy({ by, reason, mode }) {
  const names = { you: 'by you', client: 'by you', user: 'by you', operator: 'by an operator', disconnect: 'because nobody was watching', shutdown: 'because the server shut down' };
  return [mode === 'kill' ? 'forced' : '', by ? names[by] ?? `by ${by}` : '', reason ? `“${reason}”` : ''].filter(Boolean).join(', ');
}

function meterOf(turn) {
  const tokens = turn.usage?.output_tokens;
  const amount = Number.isFinite(tokens) ? plural(tokens, 'token') : turn.chunks ? plural(turn.chunks, 'chunk') : '';
  const took = turn.firstAt ? duration((turn.endedAt ?? clock()) - turn.firstAt) : '';
  return [amount, took].filter(Boolean).join(' · ');
}

// MARK: One answer in the document

/// Text in blocks that end at line ends, so that an addition lays out its own block and not the whole answer.
/// Where the text has no line end for long, a block ends where the page wrapped a line; until the width changes.
class AnswerText {
  static blockLength = 1_500;
  static wrapLength = 4_000;
  #pending = '';
  #block = null;
  #length = 0;
  #wrapped = false;

  constructor(element, text) {
    this.element = element;
    this.add(text);
    this.flush();
  }

  add(text) { this.#pending += text; }

  replace(text) {
    this.element.replaceChildren();
    this.#block = null;
    this.#wrapped = false;
    this.#pending = text;
    this.flush();
  }

  /// The width changed: lines wrap elsewhere now.
  rewrap(text) {
    if (this.#wrapped) this.replace(text);
  }

  flush() {
    let text = this.#pending;
    this.#pending = '';
    while (text) {
      if (!this.#block) {
        this.#block = document.createElement('div');
        this.#length = 0;
        this.element.append(this.#block);
      }
      const room = AnswerText.blockLength - this.#length;
      const cut = text.length > room ? text.indexOf('\n', Math.max(0, room)) + 1 : 0;
      const part = cut ? text.slice(0, cut) : text;
      this.#block.append(part);
      this.#length += part.length;
      text = text.slice(part.length);
      if (cut) this.#block = null;
    }
  }

  /// Moves the last line of a long block into a block of its own. Reads the layout, so it comes after all writing.
  wrap() {
    if (this.#length < AnswerText.wrapLength || !this.#block?.isConnected) return;
    this.#block.normalize();
    const node = this.#block.firstChild;
    const range = document.createRange();
    const boxOf = (offset) => { range.setStart(node, offset); range.setEnd(node, offset + 1); return range.getBoundingClientRect(); };
    const last = boxOf(node.length - 1);
    const middle = (last.top + last.bottom) / 2;
    let low = 0, high = node.length - 1; // high is on the last line
    while (low < high) {
      const offset = (low + high) >> 1;
      if (boxOf(offset).bottom > middle) high = offset;
      else low = offset + 1;
    }
    // A block of one line, or half a character at the cut: the next addition tries again.
    if (low === 0 || /[\uDC00-\uDFFF]/.test(node.data[low])) return;
    const line = node.splitText(low);
    this.#block = document.createElement('div');
    this.#length = line.length;
    this.#block.append(line);
    this.element.append(this.#block);
    this.#wrapped = true;
  }
}

class TurnView {
  constructor(conversation, turn) {
    this.conversation = conversation;
    this.turn = turn;
    this.element = byId('template-turn').content.firstElementChild.cloneNode(true);
    const part = (name) => this.element.querySelector(`[data-testid="${name}"]`);
    this.answer = part('answer');
    this.badge = part('badge');
    this.by = part('stopped-by');
    this.meter = part('meter');
    this.stopButton = part('stop-message');
    this.retryButton = part('retry');
    this.steps = part('stop-times');
    this.problem = part('problem');
    this.request = part('request');

    const prompt = part('prompt');
    prompt.textContent = turn.prompt;
    prompt.dataset.long = turn.prompt.length > 160 || turn.prompt.includes('\n');
    this.answer.dataset.requestId = turn.id;
    part('request-id').textContent = turn.id;
    this.#command(part('copy-stop'), () => `redis-cli PUBLISH stop:${turn.id} stop`);
    this.#command(part('copy-curl'), () => `curl -X DELETE ${settings.token ? '-H "Authorization: Bearer $TOKEN" ' : ''}${location.origin}/requests/${turn.id}`);
    this.stopButton.onclick = () => stop({ conversation, turn }, 'stop button');
    this.retryButton.onclick = () => view.askAgain(conversation, turn);
    this.text = new AnswerText(part('answer-text'), turn.text);
    this.update();
  }

  update() {
    const { turn, answer } = this;
    const running = !hasEnded(turn);
    const wasRunning = answer.dataset.state && answer.getAttribute('aria-busy') === 'true';
    this.text.flush();
    answer.dataset.state = turn.state;
    answer.dataset.chunks = turn.chunks;
    answer.dataset.lateChunks = turn.lateChunks;
    answer.setAttribute('aria-busy', running);
    if (turn.messageId) answer.dataset.messageId = turn.messageId;

    this.badge.textContent = badgeOf(turn);
    this.by.textContent = turn.state === 'cancelled' ? stoppedBy(turn.stop ?? {}) : '';
    this.by.hidden = !this.by.textContent;
    this.updateMeter();

    const hadFocus = document.activeElement === this.stopButton;
    this.stopButton.hidden = !running;
    this.stopButton.disabled = Boolean(turn.stop) && !turn.stop.overdue;
    if (hadFocus && (this.stopButton.hidden || this.stopButton.disabled)) view.focusComposer();
    this.stopButton.querySelector('.stop-one-label').textContent = turn.stop ? (turn.stop.overdue ? 'Force it' : 'Stopping') : 'Stop';
    this.retryButton.hidden = turn.state !== 'failed';

    this.problem.hidden = !turn.error;
    if (turn.error) {
      const { code, message } = turn.error;
      const known = PROBLEMS[code] ?? PROBLEMS.INTERNAL_ERROR;
      this.problem.querySelector('.problem-text').textContent = code === 'MESSAGE_NOT_FOUND' && !turn.accepted ? 'This message did not reach the server.' : known;
      this.problem.querySelector('.problem-detail').textContent = message ? `${message} (${code})` : '';
    }
    this.#updateSteps();
    if (running !== Boolean(wasRunning) || !this.request.dataset.set) {
      this.request.open = running && !narrow.matches;
      this.request.dataset.set = 'true';
    }
  }

  updateMeter() {
    const text = meterOf(this.turn);
    if (this.meter.textContent !== text) this.meter.textContent = text;
    this.answer.dataset.chunks = this.turn.chunks;
  }

  /// Acknowledged and settled are measured here from the press; observed by the server, from the intent it recorded.
  #updateSteps() {
    const { stop: how, state } = this.turn;
    const { pressedAt, acknowledgedAt, settledAt, requestedAt, observedAt } = how ?? {};
    const span = (from, to) => (Number.isFinite(from) && Number.isFinite(to) ? to - from : NaN);
    const times = { acknowledged: span(pressedAt, acknowledgedAt), observed: span(requestedAt, observedAt), settled: span(pressedAt, settledAt) };
    const shown = state === 'stopping' || (state === 'cancelled' && Object.values(times).some(Number.isFinite));
    this.steps.hidden = !shown;
    if (!shown) return;
    for (const item of this.steps.children) {
      const time = times[item.dataset.step];
      item.dataset.done = Number.isFinite(time);
      item.hidden = state === 'cancelled' && !Number.isFinite(time);
      item.querySelector('.step-time').textContent = duration(time);
    }
  }

  #command(button, text) {
    const code = button.querySelector('code');
    const label = button.querySelector('.copy-label');
    code.textContent = text();
    let timer = 0;
    button.onclick = async () => {
      code.textContent = text();
      const copied = await copyText(code.textContent);
      if (!copied) getSelection().selectAllChildren(code);
      label.textContent = copied ? 'Copied' : 'Selected';
      button.dataset.copied = 'true';
      view.announce(copied ? 'Copied' : 'Selected, ready to copy');
      clearTimeout(timer);
      timer = setTimeout(() => { label.textContent = 'Copy'; delete button.dataset.copied; }, 1_800);
    };
  }
}

// MARK: The page

const log = byId('log');
const composer = byId('composer');
const narrow = matchMedia('(max-width: 47.99rem)');

const view = {
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

// MARK: What the user does

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

// MARK: Start

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
