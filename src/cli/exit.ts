/** 0 good, 1 a problem was found, 2 the command line or the configuration makes no sense, 3 the agent cannot be reached. */
export const EXIT = { good: 0, problem: 1, usage: 2, unreachable: 3 } as const;
