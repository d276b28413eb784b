// What the user has set. The access token lasts as long as the tab.

import { STORE } from './base.js';

export const settings = {
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
