import { setFlagsFromString } from 'node:v8';

/**
 * What V8 is told beside the first line of main.ts, which sets at how many megabytes it goes through the whole heap for
 * the first time. Left alone it lowers that to some 15 with the first small collections, and the search falls into the
 * first pass of a cluster of 1,000 Services: 7 % of it. It cannot be set later, and NODE_OPTIONS does not take it.
 *
 * V8 compiles a function to fast code once it has run some milliseconds. The one large piece of work here, the first
 * pass over a cluster, takes a second and then never comes again: half of that second went into compiling, on a node
 * with one processor to spare. Seven times later than by default pays for what goes on running and spares the rest.
 * Units are V8's own (bytes of bytecode run).
 *
 * Node 20 has the V8 that knows the flag. A later one prints an error for each command that is typed, since no program
 * can ask whether a flag is known.
 */
if (Number.parseInt(process.versions.v8, 10) < 12) setFlagsFromString('--interrupt-budget=400000');
