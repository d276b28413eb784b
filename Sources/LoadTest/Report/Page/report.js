'use strict';
const result = JSON.parse(document.getElementById('data').textContent);
const titles = {
  connect: 'Connect', accepted: 'Accepted', ttfc: 'First chunk', gap: 'Gap between chunks', latency: 'Token, one way',
  answer: 'Whole answer', 'stop.acknowledged': 'Acknowledged', 'stop.observed': 'Observed by the generator',
  'stop.last_chunk': 'Last chunk', 'stop.settled': 'Settled', 'stop.late_tokens': 'Tokens after a stop', resume: 'Resume',
  'client.lag': 'Lag of the load tester',
};
const colours = ['var(--s1)', 'var(--s2)', 'var(--s3)', 'var(--s4)'];

// Elements

/** An element; children are nodes or text, so nothing of the data is ever read as HTML. */
function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
function drawn(name, attributes = {}, text) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}
const byId = (id) => document.getElementById(id);

// Numbers

const digits = (value) => value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
function time(ms) {
  if (ms === 0) return '0';
  if (ms < 0.001) return '< 1 µs';
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}
/** A mark of an axis: no more digits than it needs. */
function mark(ms) {
  const text = (value, unit) => `${Number(value.toPrecision(3))} ${unit}`;
  return ms === 0 ? '0' : ms < 1 ? text(ms * 1000, 'µs') : ms < 1000 ? text(ms, 'ms') : text(ms / 1000, 's');
}
const number = (value) => value < 100 && !Number.isInteger(value) ? digits(value) : Math.round(value).toLocaleString('en');
const short = (value) => value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))} M`
  : value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))} k` : `${Number(value.toPrecision(3))}`;
const figure = (metric, value) => metric === 'stop.late_tokens' ? number(value) : time(value);
const share = (value) => value >= 1 ? '100 %' : `${Number((value * 100).toPrecision(8))} %`;

// Scales: from values to 0…1.

function logarithmic(low, high) {
  const from = Math.log10(low);
  const span = Math.log10(high) - from || 1;
  return (value) => (Math.log10(Math.max(value, low)) - from) / span;
}
function decades(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of high / low < 50 ? [1, 2, 5] : [1]) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}
function steps(high, count = 4) {
  const raw = (high || 1) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw);
  return Array.from({ length: Math.floor((high || 1) / step + 1e-9) + 1 }, (_, index) => index * step);
}

// Charts

const width = 560;
const plot = { left: 54, right: 14, top: 14, bottom: 26 };

/**
 * A chart of lines in `into`.
 * x, y: {scale (value → 0…1), ticks, text}; series: [{name, points: [[x, y]]}]; shades: [[from, to]] on x.
 */
function lines(into, { title, height = 250, x, y, series, shades = [], xName }) {
  const inner = { w: width - plot.left - plot.right, h: height - plot.top - plot.bottom };
  const px = (value) => plot.left + x.scale(value) * inner.w;
  const py = (value) => plot.top + (1 - y.scale(value)) * inner.h;
  const svg = drawn('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title });
  for (const [from, to] of shades) {
    svg.append(drawn('rect', { class: 'shade', x: px(from), width: Math.max(px(to) - px(from), 0), y: plot.top, height: inner.h }));
  }
  for (const tick of y.ticks) {
    svg.append(drawn('line', { class: 'grid', x1: plot.left, x2: width - plot.right, y1: py(tick), y2: py(tick) }));
    svg.append(drawn('text', { x: plot.left - 8, y: py(tick) + 4, 'text-anchor': 'end' }, y.text(tick)));
  }
  for (const tick of x.ticks) {
    svg.append(drawn('text', { x: px(tick), y: height - 8, 'text-anchor': 'middle' }, x.text(tick)));
  }
  series.forEach((each, index) => {
    const path = each.points.map((point, place) => `${place ? 'L' : 'M'}${px(point[0]).toFixed(1)} ${py(point[1]).toFixed(1)}`).join('');
    svg.append(drawn('path', { class: 'curve', d: path, stroke: colours[index] }));
  });
  const legend = element('span', { class: 'legend' }, ...(series.length > 1 ? series.map((each, index) =>
    element('span', {}, element('i', { style: `background:${colours[index]}` }), each.name)) : []));
  into.append(element('figcaption', {}, title, legend), svg);
  hover(into, svg, height, { series, px, py, xText: xName ?? x.text, yText: y.tip ?? y.text });
}

/** A cross-hair that follows the pointer, and the values at it. */
function hover(into, svg, height, { series, px, py, xText, yText }) {
  const cross = drawn('line', { class: 'cross', y1: plot.top, y2: height - plot.bottom, visibility: 'hidden' });
  const dots = series.map((_, index) => drawn('circle', { r: 3.5, fill: colours[index], visibility: 'hidden' }));
  svg.append(cross, ...dots);
  const tip = element('div', { class: 'tip', hidden: '' });
  into.append(tip);
  const hide = () => { tip.hidden = true; for (const node of [cross, ...dots]) node.setAttribute('visibility', 'hidden'); };
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const at = (event.clientX - box.left) / box.width * width;
    const nearest = (points) => points.reduce((best, point) => Math.abs(px(point[0]) - at) < Math.abs(px(best[0]) - at) ? point : best);
    const found = series.map((each) => each.points.length ? nearest(each.points) : null);
    const first = found.find(Boolean);
    if (!first) return;
    cross.setAttribute('x1', px(first[0])); cross.setAttribute('x2', px(first[0])); cross.setAttribute('visibility', 'visible');
    found.forEach((point, index) => {
      if (!point) return;
      dots[index].setAttribute('cx', px(point[0])); dots[index].setAttribute('cy', py(point[1]));
      dots[index].setAttribute('visibility', 'visible');
    });
    tip.replaceChildren(xText(first[0]), element('table', {}, ...series.map((each, index) => found[index]
      ? element('tr', {}, element('td', {}, each.name), element('td', {}, yText(found[index][1]))) : '')));
    tip.hidden = false;
    const left = px(first[0]) / width * box.width + svg.offsetLeft;
    const place = left + 16 + tip.offsetWidth > into.clientWidth ? left - tip.offsetWidth - 8 : left + 16;
    tip.style.left = `${Math.max(place, 4)}px`;
    tip.style.top = `${event.clientY - into.getBoundingClientRect().top - 10}px`;
  });
}
svgOffset();
/** SVG elements have no offsetLeft; the charts are laid out in padded figures. */
function svgOffset() {
  if (!('offsetLeft' in SVGElement.prototype)) {
    Object.defineProperty(SVGElement.prototype, 'offsetLeft', {
      get() { return this.getBoundingClientRect().left - this.parentElement.getBoundingClientRect().left; },
    });
  }
}

function percentileChart(into, title, metrics) {
  const series = metrics.filter((metric) => result.curves[metric])
    .map((metric) => ({ name: titles[metric], points: result.curves[metric].map(([below, value]) => [1 / (1 - below), Math.max(value, 0.01)]) }));
  if (!series.length) return;
  const most = Math.max(...series.map((each) => each.points.at(-1)[0]), 10);
  const values = series.flatMap((each) => each.points.map((point) => point[1]));
  const low = Math.max(10 ** Math.floor(Math.log10(Math.min(...values))), 0.01);
  const high = Math.max(...values) * 1.1;
  const rarities = [];
  for (let rarity = 1; rarity <= most * 1.001; rarity *= 10) rarities.push(rarity);
  lines(into, {
    title, height: 300, series,
    x: { scale: logarithmic(1, most), ticks: rarities, text: (rarity) => share(1 - 1 / rarity) },
    xName: (rarity) => `${share(Number((1 - 1 / rarity).toPrecision(5)))} are below`,
    y: { scale: logarithmic(low, high), ticks: decades(low, high), text: mark, tip: time },
  });
}

function timeChart(into, title, series, { isTime, log }) {
  const present = series.filter((each) => each.points.length);
  if (!present.length) return;
  const seconds = result.seconds;
  const end = seconds.at(-1).at;
  const values = present.flatMap((each) => each.points.map((point) => point[1]));
  const high = Math.max(...values) * 1.08 || 1;
  const low = log ? Math.max(Math.min(...values.filter((value) => value > 0), high / 10) * 0.8, 0.01) : 0;
  const shades = seconds.filter((second) => second.phase !== 'load').map((second) => [second.at - second.length, second.at]);
  lines(into, {
    title, height: 190, series: present, shades,
    x: { scale: (value) => value / end, ticks: steps(end, 8), text: (value) => `${Number(value.toPrecision(3))} s` },
    y: {
      scale: log ? logarithmic(low, high) : (value) => value / high, ticks: log ? decades(low, high) : steps(high),
      text: isTime ? mark : short, tip: isTime ? time : number,
    },
  });
}

function stopChart(into) {
  const phases = ['stop.acknowledged', 'stop.observed', 'stop.last_chunk', 'stop.settled'].filter((phase) => result.metrics[phase]);
  if (!phases.length) { into.append(element('p', { class: 'note' }, 'No stop was measured.')); return; }
  const metrics = phases.map((phase) => result.metrics[phase]);
  const floor = 0.01;
  const low = Math.max(10 ** Math.floor(Math.log10(Math.min(...metrics.map((each) => Math.max(each.p50, floor))))), floor);
  const high = Math.max(...metrics.map((each) => each.max), low * 10) * 1.1;
  const scale = logarithmic(low, high);
  const [left, row, full] = [170, 34, 1100];
  const height = phases.length * row + 34;
  const px = (value) => left + scale(value) * (full - left - 20);
  const svg = drawn('svg', { viewBox: `0 0 ${full} ${height}`, role: 'img', 'aria-label': 'Phases of a stop' });
  for (const tick of decades(low, high)) {
    svg.append(drawn('line', { class: 'grid', x1: px(tick), x2: px(tick), y1: 4, y2: height - 26 }));
    svg.append(drawn('text', { x: px(tick), y: height - 8, 'text-anchor': 'middle' }, mark(tick)));
  }
  phases.forEach((phase, index) => {
    const at = index * row + row / 2 + 4;
    const values = metrics[index];
    const colour = colours[index];
    svg.append(drawn('text', { class: 'name', x: 0, y: at + 4 }, titles[phase]));
    svg.append(drawn('line', { x1: px(values.min), x2: px(values.max), y1: at, y2: at, stroke: colour, 'stroke-width': 1.5, opacity: 0.6 }));
    const bar = drawn('rect', { x: px(values.p50), y: at - 7, width: Math.max(px(values.p99) - px(values.p50), 3), height: 14, rx: 4, fill: colour });
    bar.append(drawn('title', {}, `${titles[phase]}: p50 ${time(values.p50)}, p99 ${time(values.p99)}, most ${time(values.max)}`));
    svg.append(bar);
    svg.append(drawn('text', { x: px(values.p50) - 6, y: at - 4, 'text-anchor': 'end' }, time(values.p50)));
    svg.append(drawn('text', { x: px(values.p99) + 6, y: at - 4 }, time(values.p99)));
  });
  into.append(svg);
}

// The page

function head() {
  const good = result.verdict === 'good';
  const settings = result.settings;
  const load = settings.rate ? `${settings.rate} requests/s (${settings.arrivals})` : `${settings.concurrency} at a time`;
  byId('head').append(
    element('div', { class: 'top' }, element('h1', {}, 'Penstock load test'), element('span', { class: `badge ${good ? 'good' : 'bad'}` }, good ? 'good' : 'bad')),
    element('p', { class: 'muted' }, `${load}, ${settings.tokens} tokens at ${settings['token-rate']} a second, ${settings.connections} connections to ${settings.url}`),
    element('p', { class: 'muted' }, `${result.started_at.slice(0, 19).replace('T', ' ')} UTC, measured ${digits(result.measured_seconds)} s${result.interrupted ? ' (interrupted)' : ''}`));
}

function tiles() {
  const metrics = result.metrics;
  const whole = result.counts_of_whole_run;
  const violations = result.checks.reduce((sum, check) => sum + check.violations, 0);
  const errors = whole.failed + whole.refused + whole.lost + whole.unconnected;
  const tile = (value, name, bad, more = '') => byId('tiles').append(element('div', { class: bad ? 'tile bad' : 'tile' },
    element('b', {}, value, element('small', {}, more)), element('span', {}, name)));
  tile(number(result.rates.requests_per_second), 'requests a second');
  tile(number(result.rates.tokens_per_second), 'tokens a second');
  for (const [metric, name] of [['ttfc', 'to the first chunk'], ['latency', 'for a token, one way'], ['gap', 'between chunks'], ['stop.acknowledged', 'stop acknowledged'], ['stop.settled', 'stop settled']]) {
    if (metrics[metric]) tile(time(metrics[metric].p50), name, false, `p99 ${time(metrics[metric].p99)}`);
  }
  if (whole.stops) tile(number(whole.chunks_after_stop), `chunks after ${number(whole.stops)} stops`, whole.chunks_after_stop > 0);
  tile(number(errors), 'errors', errors > 0);
  tile(number(violations), 'violations', violations > 0);
}

function judgement() {
  const into = byId('judgement');
  if (result.limits.length) {
    into.append(element('h2', {}, 'Limits'), element('ul', { class: 'verdicts' }, ...result.limits.map((limit) => {
      const isTime = /(ns|us|µs|ms|s)$/.test(limit.limit);
      const value = limit.value === undefined ? 'nothing was measured' : isTime ? time(limit.value) : number(limit.value);
      return element('li', limit.holds ? {} : { class: 'bad' }, `${limit.limit}: ${value}`);
    })));
  }
  const item = (check) => element('li', check.violations ? { class: 'bad' } : {},
    check.violations ? `violated ${number(check.violations)} times: ${check.rule}` : check.rule,
    ...check.examples.map((example) => element('code', {}, [example.request_id, example.detail].filter(Boolean).join(': '))));
  const broken = result.checks.filter((check) => check.violations);
  const list = element('ul', { class: 'verdicts' }, ...result.checks.map(item));
  into.append(element('h2', {}, 'Checks'));
  if (broken.length) into.append(list);
  else into.append(element('p', { class: 'note' }, `All ${result.checks.length} hold; ${number(result.saved)} saved messages were compared with what was received.`), element('details', {}, element('summary', {}, 'Which'), list));
}

function timelines() {
  const chart = (title, series, options = {}) => {
    const into = element('figure');
    timeChart(into, title, series, options);
    if (into.childElementCount) byId('timelines').append(into);
  };
  const loaded = result.seconds.filter((second) => second.length > 0.05);
  const rate = (name) => loaded.map((second) => [second.at, second[name] / second.length]);
  const times = (metric, statistic) => loaded.filter((second) => second.times[metric]).map((second) => [second.at, second.times[metric][statistic]]);
  const spread = (metric) => ['p50', 'p99', 'max'].map((statistic) => ({ name: statistic, points: times(metric, statistic) }));
  chart('Tokens a second', [{ name: 'tokens', points: rate('tokens') }]);
  chart('Requests and endings a second', [{ name: 'requests', points: rate('requests') }, { name: 'endings', points: rate('endings') }, { name: 'stops', points: rate('stops') }]);
  chart('Answers under way', [{ name: 'open', points: loaded.map((second) => [second.at, second.open]) }]);
  for (const metric of ['ttfc', 'latency', 'gap', 'stop.acknowledged', 'stop.settled', 'client.lag']) {
    chart(`${metric.startsWith('stop.') ? 'Stop: ' : ''}${titles[metric]}`, spread(metric), { isTime: true, log: true });
  }
  const wrong = loaded.some((second) => second.errors + second.violations > 0);
  if (wrong) chart('Errors and violations a second', [{ name: 'errors', points: rate('errors') }, { name: 'violations', points: rate('violations') }]);
}

function tables() {
  const columns = ['count', 'min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'p99.99', 'max', 'stddev'];
  const row = (kind, cells) => element('tr', {}, ...cells.map((cell) => element(kind, {}, cell)));
  byId('figures').append(row('th', ['', ...columns]), ...Object.keys(titles).filter((metric) => result.metrics[metric]).map((metric) =>
    row('td', [metric.startsWith('stop.') && metric !== 'stop.late_tokens' ? `Stop: ${titles[metric].toLowerCase()}` : titles[metric],
      ...columns.map((column) => column === 'count' ? number(result.metrics[metric][column]) : figure(metric, result.metrics[metric][column]))])));
  byId('counts').append(row('th', ['', 'measured', 'whole run']), ...Object.keys(result.counts).sort()
    .filter((name) => result.counts_of_whole_run[name]).map((name) => row('td', [name.replaceAll('_', ' '), number(result.counts[name]), number(result.counts_of_whole_run[name])])));
  const client = result.client;
  const settings = { ...result.settings, 'CPU of the load tester': `${digits(client.cpu_seconds)} s${client.cpu_ms_per_chunk ? `, ${time(client.cpu_ms_per_chunk)} a chunk` : ''}`, 'its memory at most': `${digits(client.peak_memory_bytes / 1e6)} MB` };
  byId('settings').append(...Object.keys(settings).sort().map((name) => element('tr', {}, element('td', {}, name), element('td', { class: 'wide' }, settings[name]))));
}

head();
tiles();
judgement();
percentileChart(byId('curves'), 'Answers', ['ttfc', 'gap', 'latency']);
percentileChart(byId('stop-curves'), 'Stops', ['stop.acknowledged', 'stop.observed', 'stop.last_chunk', 'stop.settled']);
stopChart(byId('stops'));
timelines();
tables();
