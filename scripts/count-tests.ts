import { readFileSync } from 'node:fs';
import { fileResults, type VitestReport } from './vitest-report.js';

// usage: node count-tests.js REPORT    prints "PASSED FAILED" of a JSON report of vitest, then a line for each test that
// failed. The current folder is the repository's.

function main(path: string): void {
  const report = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  const files = fileResults(process.cwd(), [report]);
  const passed = files.reduce((sum, file) => sum + file.passed, 0);
  const failures = files.flatMap(({ file, failed }) =>
    failed.map(({ test, words }) => `${file}: ${test}: ${words}`),
  );
  if (failures.length === 0 && !report.success) failures.push(`${path}: an error outside of any test`);
  process.stdout.write([`${passed} ${failures.length}`, ...failures, ''].join('\n'));
}

main(process.argv[2] ?? '');
