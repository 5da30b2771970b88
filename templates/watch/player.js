/* global atob, Blob, document, DecompressionStream, location, matchMedia, performance, requestAnimationFrame, Response */
'use strict';

// The film: see src/testbench/film.ts. A cell is the place of its state in `states` and two flags.
const film = JSON.parse(document.getElementById('film').textContent);
const states = ['starved', 'stalled', 'busy'];
const [stateMask, leftEight, rightEight] = [3, 4, 8];

const elements = film.rows * film.columns;
const lastCycle = Math.max(...film.takes.map((take) => take.cycles));
/** Cycles per second that can be chosen; the film should take half a minute unless another is. */
const speeds = [1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1280];
const usualSeconds = 30;

const find = (id) => document.getElementById(id);
const written = (number) => number.toLocaleString('en-US');
const bitsOf = (token) => film.bits[token] ?? 4;

/** Bytes, two cells in each, of all cycles of a take. */
async function unpack(base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** How many of the ascending `starts` are not after `cycle`, less one: the tile that a lane is in. */
function tileAt(starts, cycle) {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= cycle) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function element(kind, className, parent) {
  const made = document.createElement(kind);
  made.className = className;
  parent.append(made);
  return made;
}

/** One take on the page; `show(cycle)` draws it as it is after `cycle` cycles, the last of which is shown. */
async function takeOnPage(take, index) {
  const packed = await unpack(take.cells);
  const cell = (at) => (packed[at >> 1] >> (4 * (at & 1))) & 15;
  const root = document.querySelector(`.take[data-take="${index}"]`);
  const array = root.querySelector('.array');
  array.style.setProperty('--columns', film.columns);
  array.classList.toggle('dense', Math.max(film.rows, film.columns) > 12);

  const lane = (side, number) => {
    const head = element('span', 'token', array);
    head.dataset.side = side;
    head.dataset.lane = number;
    return head;
  };
  element('span', 'corner', array);
  const columnHeads = [];
  for (let column = 0; column < film.columns; column++) columnHeads.push(lane('column', column));
  const rowHeads = [];
  const cells = [];
  for (let row = 0; row < film.rows; row++) {
    rowHeads.push(lane('row', row));
    for (let column = 0; column < film.columns; column++) {
      const pe = element('span', 'pe', array);
      pe.dataset.row = row;
      pe.dataset.column = column;
      cells.push(pe);
    }
  }
  const tiles = [...root.querySelectorAll('.tile')];

  // Elements in each state, summed up before each cycle.
  const sums = states.map(() => new Float64Array(take.cycles + 1));
  for (let cycle = 0; cycle < take.cycles; cycle++) {
    for (const sum of sums) sum[cycle + 1] = sum[cycle];
    for (let at = cycle * elements; at < (cycle + 1) * elements; at++) {
      sums[cell(at) & stateMask][cycle + 1]++;
    }
  }

  const showToken = (head, starts, side, number, cycle) => {
    const token = take.order[take.tiles[tileAt(starts, cycle)][side] + number];
    head.textContent = token ?? '';
    head.dataset.bits = token === undefined ? '' : bitsOf(token);
    head.title = token === undefined ? 'lane without a token' : `token ${token}, ${bitsOf(token)} bits`;
  };

  const show = (time) => {
    const cycles = Math.min(time, take.cycles);
    const shown = cycles - 1;
    const ended = cycles === take.cycles && time > take.cycles;
    for (let at = 0; at < elements; at++) {
      const { dataset } = cells[at];
      // Before the first cycle and after the last the array is empty.
      const value = shown < 0 || ended ? 0 : cell(shown * elements + at);
      dataset.state = states[value & stateMask];
      dataset.left = value & leftEight ? 8 : 4;
      dataset.right = value & rightEight ? 8 : 4;
    }
    rowHeads.forEach((head, row) => showToken(head, take.rowStarts[row], 'left', row, shown));
    columnHeads.forEach((head, column) => showToken(head, take.columnStarts[column], 'right', column, shown));
    const first = tileAt(take.rowStarts[0], shown);
    tiles.forEach((tile, number) => {
      const done = cycles > take.tileEnds[number] + 1 || cycles === take.cycles;
      tile.classList.toggle('finished', done);
      tile.classList.toggle('current', !done && number <= first && shown >= 0);
    });
    root.querySelector('.cycle').textContent = written(cycles);
    root.classList.toggle('over', cycles === take.cycles);
    const busyIndex = states.indexOf('busy');
    const done = (100 * sums[busyIndex][cycles]) / sums[busyIndex][take.cycles];
    root.querySelector('.progress i').style.width = `${done}%`;
    root.querySelector('.work').textContent =
      cycles === take.cycles ? 'done' : `${Math.floor(done)} % of the work`;
    states.forEach((state, place) => {
      const now = shown < 0 || ended ? 0 : sums[place][cycles] - sums[place][cycles - 1];
      const row = root.querySelector(`tr.${state}`);
      row.querySelector('.now').textContent = written(now);
      row.querySelector('.sum').textContent = written(sums[place][cycles]);
      row.querySelector('.share').textContent =
        cycles === 0 ? '' : `${((100 * sums[place][cycles]) / (cycles * elements)).toFixed(1)} %`;
    });
  };

  /** What the array does after `time` cycles, in a sentence. */
  const say = (time) => {
    const title = root.querySelector('h2').textContent;
    if (time > take.cycles) return `${title}: done after ${take.cycles} cycles.`;
    const busy = time === 0 ? 0 : sums[2][time] - sums[2][time - 1];
    return `${title}: ${busy} of ${elements} elements busy.`;
  };

  array.addEventListener('pointerover', ({ target }) => {
    if (!target.matches('.pe')) return;
    const { row, column, state, left, right } = target.dataset;
    const operands = state === 'starved' ? '' : `, ${left}-bit word from the left, ${right}-bit word from above`;
    target.title = `row ${row}, column ${column}: ${state}${operands}`;
  });
  return { array, show, say };
}

async function start() {
  const takes = await Promise.all(film.takes.map(takeOnPage));
  const [scrub, play, speed] = [find('scrub'), find('play'), find('speed')];
  const strips = document.querySelector('.strips');
  const needle = document.querySelector('.head-of-play');
  scrub.max = lastCycle;
  const usual = speeds.reduce((best, next) => (next * usualSeconds <= lastCycle ? next : best), speeds[0]);
  for (const value of speeds) {
    const option = element('option', '', speed);
    option.value = value;
    option.textContent = value === 1 ? '1 cycle/s' : `${value} cycles/s`;
    option.selected = value === usual;
  }

  let time = 0;
  let playing = false;

  const announce = () => {
    find('status').textContent = `Cycle ${time}. ${takes.map((take) => take.say(time)).join(' ')}`;
  };
  const seek = (to) => {
    time = Math.max(0, Math.min(lastCycle, Math.floor(to)));
    for (const take of takes) {
      take.show(time);
      if (!playing) take.array.setAttribute('aria-label', take.say(time));
    }
    scrub.value = time;
    scrub.setAttribute('aria-valuetext', `cycle ${time} of ${lastCycle}`);
    needle.style.left = `${(100 * time) / lastCycle}%`;
    if (!playing) announce();
  };
  const setPlaying = (now) => {
    playing = now;
    play.classList.toggle('playing', playing);
    play.setAttribute('aria-label', playing ? 'Pause' : 'Play');
    play.querySelector('span').textContent = playing ? 'Pause' : 'Play';
    if (!playing) seek(time);
  };
  const jump = (to) => {
    setPlaying(false);
    seek(to);
  };
  const toggle = () => {
    if (playing) return setPlaying(false);
    if (time === lastCycle) seek(0);
    setPlaying(true);
    let before = performance.now();
    let exact = time;
    const tick = (now) => {
      if (!playing) return;
      // Someone who drags the slider while the film plays goes on from there.
      if (Math.floor(exact) !== time) exact = time;
      exact = Math.min(lastCycle, exact + (Math.max(0, now - before) / 1000) * Number(speed.value));
      before = now;
      if (Math.floor(exact) !== time) seek(exact);
      if (time === lastCycle) setPlaying(false);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };
  const faster = (steps) => {
    speed.selectedIndex = Math.max(0, Math.min(speeds.length - 1, speed.selectedIndex + steps));
  };

  play.addEventListener('click', toggle);
  find('first').addEventListener('click', () => jump(0));
  find('back').addEventListener('click', () => jump(time - 1));
  find('forward').addEventListener('click', () => jump(time + 1));
  find('last').addEventListener('click', () => jump(lastCycle));
  scrub.addEventListener('input', () => seek(Number(scrub.value)));
  const point = (event) => {
    const { left, width } = strips.getBoundingClientRect();
    seek(Math.round((lastCycle * (event.clientX - left)) / width));
  };
  strips.addEventListener('pointerdown', (event) => {
    strips.setPointerCapture(event.pointerId);
    point(event);
  });
  strips.addEventListener('pointermove', (event) => {
    if (event.buttons === 1) point(event);
  });

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target === speed) return;
    const step = event.shiftKey ? 10 : 1;
    const actions = {
      ' ': toggle,
      ArrowLeft: () => jump(time - step),
      ArrowRight: () => jump(time + step),
      Home: () => jump(0),
      End: () => jump(lastCycle),
      '+': () => faster(1),
      '-': () => faster(-1),
    };
    const action = actions[event.key];
    // A button that has the focus takes the space bar itself.
    if (!action || (event.key === ' ' && event.target.matches('button'))) return;
    event.preventDefault();
    action();
  });

  // `page.html#120` opens at cycle 120.
  const asked = /^#(\d+)$/.exec(location.hash);
  seek(asked ? Number(asked[1]) : 0);
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  document.body.classList.add('ready');
  if (!asked && !calm) toggle();
}

start().catch((error) => {
  const trouble = find('trouble');
  trouble.textContent = `This browser cannot play the film: ${error.message}`;
  trouble.hidden = false;
});
