/** Words of PromQL that are no metric: functions and operators, as far as this project uses them. */
const WORDS = new Set([
  'absent',
  'by',
  'count',
  'histogram_quantile',
  'increase',
  'max',
  'or',
  'rate',
  'sum',
  'topk',
  'vector',
]);

/** The metrics that a PromQL expression asks for; a histogram's buckets count as the histogram. */
export function metricNames(expression: string): string[] {
  const bare = expression
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\bby\s*\([^)]*\)/g, ' ');
  const words = bare.match(/[a-z_:][a-z0-9_:]*/gi) ?? [];
  return words.filter((word) => !WORDS.has(word)).map((word) => word.replace(/_bucket$/, ''));
}
