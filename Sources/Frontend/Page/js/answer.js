// One answer in the document.

import { byId, copyText, duration } from './base.js';
import { settings } from './settings.js';
import { hasEnded } from './conversations.js';
import { stop } from './protocol.js';
import { badgeOf, meterOf, PROBLEMS, stoppedBy } from './words.js';
import { narrow, view } from './view.js';

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

export class TurnView {
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
