import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scoresFilm } from '../../src/families/vssa/film.ts';
import { watchPage } from '../../src/report/index.ts';
import {
  cellStateMask,
  cellStates,
  leftEightFlag,
  rightEightFlag,
} from '../../src/testbench/film.ts';
import { browserPath, openBrowser } from './browser.ts';

const film = scoresFilm(
  { rows: 6, cols: 5, skid: 0 },
  { tokens: 16, depth: 4, eight: 0.5, pruned: 0, seed: 3 },
);
const [unsorted, sorted] = film.takes;
/** Machines are shared. */
const patient = { timeout: 60_000 };
const elements = film.rows * film.columns;

let folder: string;
let browser: Browser;
let address: string;

beforeAll(async () => {
  if (browserPath === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'systole-watch-'));
  const file = join(folder, 'film.html');
  await writeFile(file, await watchPage(film));
  address = pathToFileURL(file).href;
  browser = await openBrowser();
});

afterAll(async () => {
  if (browserPath === undefined) return;
  await browser.close();
  await rm(folder, { recursive: true });
});

/** What went wrong on a page, and what it asked for besides itself. */
interface Complaints {
  readonly errors: string[];
  readonly requests: string[];
}

/** The page, ready; a test ends with `close`, which fails for errors on the page. */
async function opened(
  hash = '#0',
  context: BrowserContextOptions = {},
): Promise<{ readonly page: Page; close(): Promise<void> }> {
  const page = await browser.newPage(context);
  const seen: Complaints = { errors: [], requests: [] };
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => seen.errors.push(message.text()));
  page.on('request', (request) => seen.requests.push(request.url()));
  await page.goto(address + hash);
  await page.waitForSelector('body.ready');
  return {
    page,
    async close() {
      await page.close();
      expect(seen.errors).toEqual([]);
      expect(seen.requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
    },
  };
}

const numberIn = async (page: Page, selector: string): Promise<number> =>
  Number((await page.locator(selector).innerText()).replaceAll(',', ''));

const cycleOf = (page: Page, take: number): Promise<number> =>
  numberIn(page, `.take[data-take="${take}"] .cycle`);

/** State and operands of all elements of a take, as they are on the page. */
const shown = (page: Page, take: number): Promise<string[]> =>
  page
    .locator(`.take[data-take="${take}"] .pe`)
    .evaluateAll((cells) =>
      cells.map(({ dataset }) =>
        dataset['state'] === 'starved'
          ? 'starved'
          : `${dataset['state']} ${dataset['left']} ${dataset['right']}`,
      ),
    );

/** The same, as the film has it, in the cycle of this number, counted from 1. */
function filmed(take: number, cycle: number): string[] {
  const { cells } = film.takes[take]!;
  return Array.from(cells.subarray((cycle - 1) * elements, cycle * elements), (cell) => {
    const state = cellStates[cell & cellStateMask]!;
    const bits = (flag: number): number => (cell & flag ? 8 : 4);
    return state === 'starved' ? state : `${state} ${bits(leftEightFlag)} ${bits(rightEightFlag)}`;
  });
}

/** What fills each element of a take on the screen. */
const paints = (page: Page, take: number): Promise<string[]> =>
  page.evaluate<string[]>(`
    [...document.querySelectorAll('.take[data-take="${take}"] .pe')].map((cell) => {
      const { backgroundImage, backgroundColor, inset } = getComputedStyle(cell, '::before');
      return [backgroundImage, backgroundColor, inset].join(' ');
    })`);

describe.skipIf(browserPath === undefined)('the page in a browser', () => {
  it('shows every cycle of both takes as the film has it, with token numbers at the lanes', async () => {
    const { page, close } = await opened();
    expect(await shown(page, 0)).toEqual(Array(elements).fill('starved'));
    for (const cycle of [1, 7, 20, sorted!.cycles, sorted!.cycles + 1, unsorted!.cycles]) {
      await page.locator('#scrub').fill(String(cycle));
      expect(await shown(page, 0)).toEqual(filmed(0, cycle));
      expect(await cycleOf(page, 0)).toBe(cycle);
      const done = cycle > sorted!.cycles;
      expect(await shown(page, 1)).toEqual(
        done ? Array(elements).fill('starved') : filmed(1, cycle),
      );
      expect(await cycleOf(page, 1)).toBe(Math.min(cycle, sorted!.cycles));
    }
    await page.locator('#scrub').fill('1');
    const heads = page.locator('.take[data-take="1"] .token[data-side="row"]');
    expect(await heads.allInnerTexts()).toEqual(sorted!.order.slice(0, 6).map(String));
    expect(await heads.evaluateAll((all) => all.map((head) => head.dataset['bits']))).toEqual(
      Array(6).fill('8'),
    );
    await close();
  });

  it('counts to what the model counts, and sorted tokens are done first', async () => {
    const { page, close } = await opened();
    await page.keyboard.press('End');
    for (const [take, { cycles, counts }] of film.takes.entries()) {
      const root = `.take[data-take="${take}"]`;
      expect(await cycleOf(page, take)).toBe(cycles);
      for (const state of cellStates) {
        expect(await numberIn(page, `${root} tr.${state} .sum`)).toBe(counts[state]);
      }
      expect(await page.locator(`${root} .work`).innerText()).toBe('done');
      expect(await page.locator(`${root} .tile.finished`).count()).toBe(
        film.takes[take]!.tiles.length,
      );
    }
    expect(sorted!.cycles).toBeLessThan(unsorted!.cycles);
    await page.locator('#scrub').fill(String(sorted!.cycles));
    const states = await page.locator('.work').allInnerTexts();
    expect(states[1]).toBe('done');
    expect(states[0]).toMatch(/^\d\d % of the work$/);
    await close();
  });

  it('steps with buttons and keys, and paints the elements that change, and no other', async () => {
    const { page, close } = await opened('#11');
    const before = await paints(page, 0);
    await page.locator('#forward').click();
    expect(await cycleOf(page, 0)).toBe(12);
    const after = await paints(page, 0);
    const [old, now] = [filmed(0, 11), filmed(0, 12)];
    expect(old).not.toEqual(now);
    expect(after.map((paint, i) => paint !== before[i])).toEqual(
      now.map((cell, i) => cell !== old[i]),
    );
    await page.locator('#back').click();
    expect(await paints(page, 0)).toEqual(before);
    // Equal cells look equal, different ones do not.
    const looks = new Map(old.map((cell, i) => [cell, before[i]!]));
    expect(old.map((cell) => looks.get(cell)!)).toEqual(before);
    expect(new Set(looks.values()).size).toBe(looks.size);

    await page.keyboard.press('ArrowRight');
    expect(await cycleOf(page, 0)).toBe(12);
    await page.keyboard.press('Shift+ArrowRight');
    expect(await cycleOf(page, 0)).toBe(22);
    await page.keyboard.press('ArrowLeft');
    expect(await cycleOf(page, 0)).toBe(21);
    await page.keyboard.press('Home');
    expect(await cycleOf(page, 0)).toBe(0);
    await page.keyboard.press('ArrowLeft');
    expect(await cycleOf(page, 0)).toBe(0);
    await page.locator('#last').click();
    expect(await cycleOf(page, 0)).toBe(unsorted!.cycles);
    await page.locator('#first').click();
    expect(await cycleOf(page, 0)).toBe(0);
    await close();
  });

  it('plays to the end at the chosen speed, and pauses', async () => {
    const { page, close } = await opened();
    const play = page.locator('#play');
    expect(await play.getAttribute('aria-label')).toBe('Play');
    await page.locator('#speed').selectOption('1');
    await page.locator('#speed').blur();
    await page.keyboard.press('+');
    expect(await page.locator('#speed').inputValue()).toBe('2');
    await page.locator('#speed').selectOption('1280');
    await play.click();
    await page.waitForFunction(`document.querySelector('#scrub').value > 0`);
    await expect.poll(() => play.getAttribute('aria-label'), patient).toBe('Play');
    expect(await cycleOf(page, 0)).toBe(unsorted!.cycles);

    // From the end it starts again; the space bar pauses it.
    await page.locator('#speed').selectOption('5');
    await page.locator('#speed').blur();
    await page.keyboard.press(' ');
    expect(await play.getAttribute('aria-label')).toBe('Pause');
    await expect.poll(() => cycleOf(page, 0), patient).toBeGreaterThan(2);
    await page.keyboard.press(' ');
    const paused = await cycleOf(page, 0);
    expect(paused).toBeLessThan(unsorted!.cycles);
    expect(await shown(page, 0)).toEqual(filmed(0, paused));
    await page.waitForTimeout(150);
    expect(await cycleOf(page, 0)).toBe(paused);
    expect(await page.locator('#status').textContent()).toContain(`Cycle ${paused}.`);
    await close();
  });

  it('plays by itself, except for those who want no motion', async () => {
    const lively = await opened('');
    await expect.poll(() => cycleOf(lively.page, 0), patient).toBeGreaterThan(0);
    await lively.close();
    const calm = await opened('', { reducedMotion: 'reduce' });
    await calm.page.waitForTimeout(200);
    expect(await cycleOf(calm.page, 0)).toBe(0);
    await calm.close();
  });

  it('goes where one points in the curves, and says what an element does', async () => {
    const { page, close } = await opened('#9');
    const box = (await page.locator('.strips').boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + 10);
    expect(await cycleOf(page, 0)).toBe(Math.round(unsorted!.cycles / 2));
    const busy = filmed(0, await cycleOf(page, 0)).findIndex((cell) => cell.startsWith('busy'));
    const element = page.locator('.take[data-take="0"] .pe').nth(busy);
    await element.hover();
    const place = `row ${Math.floor(busy / film.columns)}, column ${busy % film.columns}`;
    expect(await element.getAttribute('title')).toMatch(`${place}: busy, `);
    await close();
  });

  it('fits narrow and wide screens, light and dark', async () => {
    const { page, close } = await opened('#9');
    for (const width of [360, 820, 1400]) {
      await page.setViewportSize({ width, height: 800 });
      const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
      const tops = await page.evaluate<number[]>(
        `[...document.querySelectorAll('.array')].map((it) => it.getBoundingClientRect().top)`,
      );
      expect(needed).toBeLessThanOrEqual(width);
      expect(tops[0]).toBe(tops[1]);
    }
    const ground = (): Promise<string> =>
      page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).not.toBe(light);
    await close();
  });
});
