/** One or two sentences for a person: what went wrong and, where the error knows it, what would mend it. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = 'remedy' in error ? String(error.remedy) : '';
  return error.message.includes(remedy) ? error.message : `${error.message} ${remedy}`;
}
