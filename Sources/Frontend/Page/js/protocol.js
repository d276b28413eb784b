// The protocol, from the client's side: commands, events, and what becomes of an answer.

import { clock, instant, isAfter, LIMITS } from './base.js';
import { settings } from './settings.js';
import { Connection } from './connection.js';
import { archive, conversations, hasEnded, runningTurns } from './conversations.js';
import { view } from './view.js';

const commands = new Map(); // command id → { kind, entry } of stops and resumes that await their answer
export const live = new Set(); // request ids that this connection brings chunks of

export const connection = new Connection({
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

export function resume(entry) {
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
export function ask(conversation, prompt) {
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
export function stop(entry, reason) {
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

export function watchStop({ conversation, turn }) {
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
export function forget(conversation) {
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
export async function readSaved(entry, tries = 0) {
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
  else fail(conversation, turn, reason === 'expired' ? 'EXPIRED' : error?.error_code ?? 'BACKEND_ERROR', error?.message);
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

  'message.queued'(payload) {
    const entry = entryOf(payload);
    if (!entry || hasEnded(entry.turn)) return;
    entry.turn.position = payload.position;
    view.turnChanged(entry.conversation, entry.turn);
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
    fail(entry.conversation, entry.turn, payload.finish_reason === 'expired' ? 'EXPIRED' : payload.error_code ?? 'INTERNAL_ERROR', payload.message);
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
