import type { Problem } from '../model/problem.js';

/** What is wrong with a document, before it is known in whose name it is told. */
export type Complaint = Pick<Problem, 'field' | 'message' | 'remedy'>;
