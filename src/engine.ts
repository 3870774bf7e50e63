import { setFlagsFromString } from 'node:v8';

/**
 * V8 compiles a function to fast code once it has run some milliseconds. The one large piece of work here, the first
 * pass over a cluster, takes a second and then never comes again: half of that second went into compiling, on a node
 * with one processor to spare. Seven times later than by default pays for what goes on running and spares the rest.
 * Units are V8's own (bytes of bytecode run); a V8 that does not know the flag says so on stderr and goes on.
 */
setFlagsFromString('--interrupt-budget=400000');
