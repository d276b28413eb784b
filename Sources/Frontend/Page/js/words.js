// What the page calls things.

import { clock, duration, plural } from './base.js';
import { connection } from './protocol.js';

export const PROBLEMS = {
  AUTH_REQUIRED: 'This server asks for an access token. Set one in the settings, then try again.',
  SESSION_NOT_FOUND: 'The server no longer has this conversation. Trying again starts it afresh.',
  MESSAGE_NOT_FOUND: 'The server does not know this answer. What arrived of it is kept here.',
  INVALID_REQUEST: 'The server could not take this message.',
  BACKEND_TIMEOUT: 'The model took too long. What it said so far is kept.',
  BACKEND_ERROR: 'The model broke off. What it said so far is kept.',
  RATE_LIMIT_EXCEEDED: 'A little too much at once. Wait a moment, then try again.',
  INTERNAL_ERROR: 'Something went wrong on the server. What arrived is kept.',
  EXPIRED: 'The time for this answer is over. What it said so far is kept.',
};

const BADGES = { queued: 'Queued', streaming: 'Streaming', stopping: 'Stopping', cancelled: 'Stopped', completed: 'Complete', failed: 'Interrupted' };

export function badgeOf(turn) {
  if (turn.state === 'queued' && turn.position && connection.isReady) return turn.position === 1 ? 'Next in the queue' : `${(turn.position - 1).toLocaleString('en')} ahead of you`;
  if (turn.state === 'queued') return turn.accepted ? 'Waiting for the first token' : connection.isReady ? 'Sending' : 'Waiting for the connection';
  if (turn.state === 'stopping' && !turn.stop?.acknowledgedAt && !connection.isReady) return 'Stopping once connected';
  return BADGES[turn.state] ?? turn.state;
}

export function stoppedBy({ by, reason, mode }) {
  const names = { you: 'by you', client: 'by you', user: 'by you', operator: 'by an operator', disconnect: 'because nobody was watching', shutdown: 'because the server shut down' };
  return [mode === 'kill' ? 'forced' : '', by ? names[by] ?? `by ${by}` : '', reason ? `“${reason}”` : ''].filter(Boolean).join(', ');
}

export function meterOf(turn) {
  const tokens = turn.usage?.output_tokens;
  const amount = Number.isFinite(tokens) ? plural(tokens, 'token') : turn.chunks ? plural(turn.chunks, 'chunk') : '';
  const took = turn.firstAt ? duration((turn.endedAt ?? clock()) - turn.firstAt) : '';
  return [amount, took].filter(Boolean).join(' · ');
}
