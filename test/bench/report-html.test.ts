import { describe, expect, it } from 'vitest';
import { htmlOf } from '../../bench/compare/report-html.js';

describe('the report in a page', () => {
  it('has headings, tables, lists and paragraphs, and a place for each drawing', () => {
    const report = [
      '# Title',
      'a `b < c` **no**\nd',
      '| of | what |\n|---|---:|\n| x | 1,000 |',
      '![A drawing](its-name.svg)',
      '- one\n  more\n- two',
    ];
    expect(htmlOf(report.join('\n\n')).split('\n')).toEqual([
      '<h1>Title</h1>',
      '<p>a <code>b &lt; c</code> <b>no</b>',
      'd</p>',
      '<div class="wide"><table><tr><th>of</th><th class="number">what</th></tr>',
      '<tr><td>x</td><td class="number">1,000</td></tr></table></div>',
      '<div id="its-name"></div>',
      '<ul><li>one',
      '  more</li>',
      '<li>two</li></ul>',
    ]);
  });
});
