/**
 * The report as a part of a page: of Markdown what reportOf writes, and nothing else. Where it has a drawing there is an
 * empty element with the drawing's name.
 */
export function htmlOf(report: string): string {
  return report
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== '')
    .map(blockHtml)
    .join('\n');
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function blockHtml(block: string): string {
  const heading = /^(#+) (.*)$/.exec(block);
  if (heading !== null) return element(`h${heading[1]?.length}`, inlineHtml(heading[2] ?? ''));
  if (block.startsWith('|')) return tableHtml(block.split('\n'));
  if (block.startsWith('- ')) return listHtml(block);
  const drawing = /^!\[.*\]\((.*)\.svg\)$/.exec(block);
  if (drawing !== null) return `<div id="${drawing[1]}"></div>`;
  return element('p', inlineHtml(block));
}

function tableHtml([header = '', alignments = '', ...lines]: readonly string[]): string {
  const classes = cellsOf(alignments).map((dashes) => (dashes.endsWith(':') ? ' class="number"' : ''));
  const row = (name: string, line: string) => {
    const cells = cellsOf(line).map(
      (cell, index) => `<${name}${classes[index]}>${inlineHtml(cell)}</${name}>`,
    );
    return element('tr', cells.join(''));
  };
  const body = lines.map((line) => row('td', line));
  return `<div class="wide">${element('table', [row('th', header), ...body].join('\n'))}</div>`;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function listHtml(block: string): string {
  const items = block.split(/^- /m).filter((item) => item !== '');
  return element('ul', items.map((item) => element('li', inlineHtml(item.trim()))).join('\n'));
}

function inlineHtml(text: string): string {
  return escaped(text)
    .replaceAll(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replaceAll(/`(.+?)`/g, '<code>$1</code>');
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
