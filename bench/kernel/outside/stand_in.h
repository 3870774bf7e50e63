// Descriptors of this process that stand for descriptors of the kernel side.
#pragma once

#include <stddef.h>
#include <sys/uio.h>

// The kernel side's descriptor, or -1 where this one is the process's own.
int kernel_side(int descriptor);

// From now on `own` stands for `theirs`, until it is closed. Returns `own`; -1 where it is none, `theirs` is closed then.
int stand_in(int own, int theirs);

// All parts, one behind the other, into the region; their size, or SIZE_MAX where they are too large for it.
size_t gather(const struct iovec *parts, size_t count);

void pause_shortly(void);
