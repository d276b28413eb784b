// Small things that every part of the page uses, and its bounds.

export const LIMITS = {
  conversations: 60, // kept; the oldest idle ones go first
  conversationCharacters: 800_000, // stored per conversation; its oldest turns go first
  storedCharacters: 3_500_000, // stored in all
  resends: 4, // of one message, before it counts as refused
  unsentAge: 10 * 60_000, // older messages that never reached the server are not sent by a reload
};
export const STORE = 'penstock.v1.';

export const byId = (id) => document.getElementById(id);
export const clock = () => performance.timeOrigin + performance.now();
export const plural = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;

/// `crypto.randomUUID` exists in secure contexts only; plain HTTP on a LAN is not one.
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function duration(ms) {
  if (!Number.isFinite(ms)) return '';
  if (ms < 0) ms = 0;
  if (ms < 10) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/// A server time, ISO 8601 or a number of seconds or milliseconds, in milliseconds.
export function instant(value) {
  if (typeof value === 'number') return value < 1e11 ? value * 1000 : value;
  return typeof value === 'string' ? Date.parse(value) : NaN;
}

export function when(ms) {
  const date = new Date(ms);
  const today = date.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(undefined, today ? { timeStyle: 'short' } : { day: 'numeric', month: 'short' }).format(date);
}

/// Whether cursor `a`, `<attempt>-<index>`, comes after cursor `b`. Compared as numbers: 1-10 is after 1-9.
export function isAfter(a, b) {
  if (!b) return true;
  const [attemptA, indexA] = a.split('-').map(Number);
  const [attemptB, indexB] = b.split('-').map(Number);
  return attemptA !== attemptB ? attemptA > attemptB : indexA > indexB;
}

export async function copyText(text) {
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
