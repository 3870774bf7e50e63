// Asks the kernel side in user-mode Linux; see region.h. Everything that a request needs stands in the region, which is
// one's own between begin_asking() and end_asking().
#pragma once

#include <stddef.h>

#include "region.h"

// The environment variable that names what find_region has printed. Without it nothing is asked.
#define REGION_VARIABLE "KUBE_IPVS_PROXY_REGION"

extern struct region *region;

int can_ask(void);
void begin_asking(void);
int ask(enum operation operation, int32_t first, int32_t second, int32_t third, int32_t fourth);
// Sets errno where the result is -1.
int end_asking(int result);
// All three in one, for what needs nothing but numbers.
int ask_shortly(enum operation operation, int32_t first, int32_t second, int32_t third, int32_t fourth);
