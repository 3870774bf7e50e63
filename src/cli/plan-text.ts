import { type Operation, operationText } from '../model/operation.js';

/** A plan for people, in the order in which it would be performed. */
export function planText(preparation: readonly string[], operations: readonly Operation[]): string {
  const total = preparation.length + operations.length;
  if (total === 0) return 'Nothing to change: the kernel is as desired.\n';
  const lines = [
    ...preparation.map((sentence) => `  prepare: ${sentence}`),
    ...operations.map((operation) => `  ${operationText(operation)}`),
  ];
  return `${total} ${total === 1 ? 'change' : 'changes'}, in this order:\n${lines.join('\n')}\n`;
}
