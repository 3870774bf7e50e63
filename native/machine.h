// What the packed records need of the machine. Included before everything else that lays them out; without headers of its
// own, so that a compiler for any machine can be asked.
#pragma once

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "kube-ipvs-proxy runs on little-endian machines only: nobody has tried its records and netlink codecs on others"
#endif

#ifndef __LP64__
#error "kube-ipvs-proxy runs on 64-bit machines only: a node's tables and the records are laid out for 64 bits"
#endif
