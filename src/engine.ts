import { setFlagsFromString } from 'node:v8';

/**
 * What V8 is told beside the first line of main.ts.
 *
 * That line has what must be set before Node starts. MALLOC_*: the C library keeps memory that was freed, in arenas for
 * a dozen threads; with one arena and a fixed threshold an agent that has listed 44,000 Services has 30 MB less.
 * --initial-heap-size: at how many megabytes V8 goes through the whole heap for the first time. Left alone it lowers
 * that to some 15 with the first small collections, and the search falls into the first pass of a cluster of 1,000
 * Services: 7 % of it. It cannot be set later, and NODE_OPTIONS does not take it.
 *
 * V8 compiles a function to fast code once it has run some milliseconds. The one large piece of work here, the first
 * pass over a cluster, takes a second and then never comes again: half of that second went into compiling, on a node
 * with one processor to spare. Seven times later than by default pays for what goes on running and spares the rest.
 * Units are V8's own (bytes of bytecode run).
 *
 * Node 20 has V8 11, which knows the flag. Node 24, with which the image ships, has V8 13, whose middle compiler (Maglev)
 * makes code that runs ours as fast after the third pass as that of the last one (TurboFan): the last one is off, and so
 * is inlining in the middle one (bench/results/first-pass.md).
 *
 * V8 13 by itself collects no young objects while it goes through the whole heap: what is made meanwhile becomes old at
 * once, 40 MB of it in the first pass over 44,000 Services, and what the middle compiler worked with is freed by a thread
 * that comes to it late, up to 13 MB. Both are as they were with V8 11 (bench/results/memory.md).
 *
 * A V8 that does not know a flag prints an error for each command that is typed, and no program can ask whether it does.
 */
const FLAGS: Readonly<Record<number, readonly string[]>> = {
  11: ['--interrupt-budget=400000'],
  13: [
    '--no-turbofan',
    '--no-maglev-inlining',
    '--no-separate-gc-phases',
    '--no-maglev-destroy-on-background',
  ],
};

/**
 * What V8 13 is told besides once the first pass is over. By itself it keeps the pages that it has emptied until nothing
 * has been collected for 100 s, and what the audit throws away puts that off. With this flag it goes through the heap in
 * small steps 8 s after it last did, and gives the empty pages back; while everything is listed it would take half as
 * much of a processor again (bench/results/memory.md).
 */
const FLAGS_AFTERWARDS: typeof FLAGS = { 13: ['--memory-saver-mode'] };

setFlags(FLAGS);

/** The first pass is over: from now on memory counts for more than speed. */
export function saveMemory(): void {
  setFlags(FLAGS_AFTERWARDS);
}

function setFlags(flags: typeof FLAGS): void {
  for (const flag of flags[Number.parseInt(process.versions.v8, 10)] ?? []) setFlagsFromString(flag);
}
