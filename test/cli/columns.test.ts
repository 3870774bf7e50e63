import { afterEach, describe, expect, it, vi } from 'vitest';
import { ColumnStream, columns } from '../../src/cli/columns.js';
import { screenWidth } from '../../src/cli/paragraph.js';

const HEADINGS = ['NAME', 'ADDRESS', 'STATE'];
const SHORT = ['web', '10.96.0.10:80/TCP', 'programmed'];
const LONG_NAME = 'a-service-with-a-rather-long-name-of-its-own';

describe('rows', () => {
  it('are one line each, however wide, where a program reads', () => {
    const rows = [HEADINGS, ['x'.repeat(70), 'y'.repeat(50), 'z'.repeat(60)], SHORT];
    expect(columns(rows, undefined)).toEqual([
      `NAME${' '.repeat(68)}ADDRESS${' '.repeat(45)}STATE`,
      rows[1]?.join('  '),
      `web${' '.repeat(69)}10.96.0.10:80/TCP${' '.repeat(35)}programmed`,
    ]);
  });

  it('are not pushed off the screen by a longer name than all others, which stands above its own', () => {
    expect(columns([HEADINGS, SHORT, [LONG_NAME, '10.96.0.11:80/TCP', 'programmed']], 60)).toEqual([
      'NAME  ADDRESS            STATE',
      'web   10.96.0.10:80/TCP  programmed',
      LONG_NAME,
      '      10.96.0.11:80/TCP  programmed',
    ]);
  });

  it('have a sentence in the last column wrapped below itself', () => {
    const sentence = 'drift: another program changed it, and the audit puts it right';
    expect(columns([HEADINGS, ['web', '10.96.0.10:80/TCP', sentence]], 60)).toEqual([
      'NAME  ADDRESS            STATE',
      'web   10.96.0.10:80/TCP  drift: another program changed it,',
      '                         and the audit puts it right',
    ]);
  });

  it('of which nothing fits into its column go on in the next line, indented', () => {
    const row = ['  -> [2001:db8::1]:65535/TCP', '[2001:db8:1:2:3:4:5:6]:65535', 'weight 100'];
    expect(columns([row], 50)).toEqual([
      '  -> [2001:db8::1]:65535/TCP',
      '      [2001:db8:1:2:3:4:5:6]:65535  weight 100',
    ]);
  });

  it('are as wide as they look where the state is coloured', () => {
    const red = `\u001b[31m${'s'.repeat(10)}\u001b[0m`;
    expect(columns([['web', 'x'.repeat(40), red]], 57)).toHaveLength(1);
    expect(columns([['web', 'x'.repeat(40), red]], 56)).toHaveLength(2);
  });

  it('of a stream are measured by the first ones, and a later one does not move them', () => {
    let text = '';
    const stream = new ColumnStream((piece) => {
      text += piece;
    }, 60);
    for (let index = 0; index < 250; index++) stream.add(SHORT);
    stream.add([LONG_NAME, '10.96.0.11:80/TCP', 'programmed']);
    stream.end();
    expect(text.split('\n').slice(-4)).toEqual([
      'web  10.96.0.10:80/TCP  programmed',
      LONG_NAME,
      '     10.96.0.11:80/TCP  programmed',
      '',
    ]);
  });
});

describe('the width of the screen', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it.each([
    ['132', 132],
    ['20', undefined],
    ['wide', undefined],
    ['', undefined],
  ])('with COLUMNS=%s and no terminal is %s', (given, width) => {
    vi.stubEnv('COLUMNS', given);
    expect(screenWidth()).toBe(width);
  });
});
