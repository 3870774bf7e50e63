#include "check.h"

int main() {
  int passed = 0, failed = 0;
  for (const auto& test : ipvsproxy::test::cases()) {
    ipvsproxy::test::failed() = false;
    test.run();
    const bool bad = ipvsproxy::test::failed();
    bad ? failed++ : passed++;
    if (bad) std::printf("FAILED %s\n", test.name);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
