// The WebSocket.

import { clock, uuid } from './base.js';
import { settings } from './settings.js';

/// One WebSocket, reopened with jittered back-off. States: connecting, ready, waiting, refused.
/// Close codes 1008, 4401 and 4403 mean that trying again is pointless; all others are tried again.
export class Connection {
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
      if (event?.type === 'connection.ready') {
        // It would wait for a token, and there is none to show.
        if (payload.auth_required) return this.#closed(4401, '');
        this.#opened();
      }
      if (event?.type === 'connection.error') this.notice = payload.message ?? '';
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
