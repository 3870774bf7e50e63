# Sourced by the benchmarks: $node starts the program with the Node that the image ships, since that is what users have,
# or with the one that BENCH_NODE names.
# shellcheck shell=bash
node=${BENCH_NODE:-$(bash scripts/fetch-node)} || { say 'so this machine’s own Node is measured'; node=node; }
say "measuring with Node $("$node" --version)"
