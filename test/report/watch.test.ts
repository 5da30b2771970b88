import { describe, expect, it } from 'vitest';
import { scoresFilm } from '../../src/families/vssa/film.ts';
import { watchPage, watchPicture } from '../../src/report/index.ts';
import { statesByCycle } from '../../src/report/watch-occupancy.ts';

const array = { rows: 8, cols: 8, skid: 0 };
const usual = { tokens: 32, depth: 16, eight: 0.5, pruned: 0, seed: 1 };
const film = scoresFilm(array, usual);

/** Whatever would make a browser ask for something else. */
const outside = /(?:src|href)="(?!data:)|url\(|@import|https?:(?!\/\/www\.w3\.org\/2000\/svg)/;

describe('the page', () => {
  it('stands alone and stays small', async () => {
    const page = await watchPage(film);
    expect(page).not.toMatch(outside);
    expect(page).toContain("default-src 'none'");
    expect(Buffer.byteLength(page)).toBeLessThan(100_000);
    const player = page.lastIndexOf('<script>');
    expect(page.slice(0, player)).not.toMatch(/\{\{|undefined|NaN/);
  });

  it('says what it shows', async () => {
    const page = await watchPage(film);
    expect(page).toContain(
      'Q Kᵀ of 32 tokens, 16 with 8 bits and 16 with 4, 16 products in each sum',
    );
    expect(page).toContain('sorted 1.74 times as fast');
    const even = await watchPage(scoresFilm(array, { ...usual, eight: 1 }));
    expect(even).toContain('no difference');
    const pruned = await watchPage(scoresFilm(array, { ...usual, pruned: 0.25 }));
    expect(pruned).toContain('16 with 8 bits and 8 with 4, 8 pruned');
  });
});

describe('the picture', () => {
  it('is the one in the documentation', async () => {
    // npm run systole -- watch --pe vssa -o docs/vssa-watch.svg
    await expect(watchPicture(film)).toMatchFileSnapshot('../../docs/vssa-watch.svg');
  });

  it('stands alone, with tokens that do not fill the array and with stalls', () => {
    const odd = scoresFilm(
      { rows: 5, cols: 7, skid: 0 },
      { tokens: 11, depth: 3, eight: 0.4, pruned: 0, seed: 4 },
    );
    for (const picture of [watchPicture(film), watchPicture(odd)]) {
      expect(picture).not.toMatch(outside);
      expect(picture).not.toMatch(/undefined|NaN|Infinity/);
      const [opened, closed] = [/<g /g, /<\/g>/g].map((tag) => picture.match(tag)?.length ?? 0);
      expect(opened).toBe(closed);
    }
  });
});

describe('the curve', () => {
  it('counts every element of every cycle once', () => {
    for (const take of film.takes) {
      const { busy, stalled, starved } = statesByCycle(film, take);
      const sum = (counts: Uint16Array): number => counts.reduce((all, n) => all + n, 0);
      expect({ busy: sum(busy), stalled: sum(stalled), starved: sum(starved) }).toEqual(
        take.counts,
      );
      expect(busy.map((n, cycle) => n + stalled[cycle]! + starved[cycle]!)).toEqual(
        new Uint16Array(take.cycles).fill(64),
      );
    }
  });
});
