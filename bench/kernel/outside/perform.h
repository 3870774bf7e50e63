// Does what the region asks for, in the guest's kernel.
#pragma once

#include "region.h"

extern struct region *region;

// -1 where it failed; errno says why.
int perform(void);
