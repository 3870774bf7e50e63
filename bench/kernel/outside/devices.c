// Preloaded: names and numbers of network devices are those of the kernel side.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <net/if.h>
#include <string.h>

#include "asking.h"

unsigned if_nametoindex(const char *name) {
  if (!can_ask()) return ((__typeof__(&if_nametoindex))dlsym(RTLD_NEXT, "if_nametoindex"))(name);
  begin_asking();
  strncpy((char *)region->data, name, IF_NAMESIZE);
  const int index = end_asking(ask(ASK_INDEX_OF, 0, 0, 0, 0));
  return index < 0 ? 0 : (unsigned)index;
}

char *if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
  if (!can_ask()) return ((__typeof__(&if_indextoname))dlsym(RTLD_NEXT, "if_indextoname"))(index, name);
  begin_asking();
  const int result = ask(ASK_NAME_OF, (int32_t)index, 0, 0, 0);
  if (result == 0) memcpy(name, region->data, IF_NAMESIZE);
  return end_asking(result) == 0 ? name : NULL;
}
