// The least work that programs a kernel: no decisions, no image of what is there, no outcome for each operation, one
// buffer that is filled and sent. What `bench/kernel/run` measures the agent against.
//
//   baseline VIRTUAL_SERVERS HASHING REAL_SERVERS ADDRESSES [OWNED GUARDED OPEN TREATED] [addresses|routes]
//
// makes the dummy device and then, 128 messages a send and an acknowledgement for the last of them: so many virtual
// servers, the first HASHING of them with scheduler mh, the real servers evenly below them, and the first VIPs as addresses
// of the device, or as the local routes of `vipBinding: routes`. Then so many elements of the agent's nftables sets, which must be there; TREATED stands for every set that says how a frontend is treated. It prints
// the milliseconds of each phase as JSON. content.ts has the same addresses; of plain Services the runner compares what
// both have left in the kernel.
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "packed_netlink.h"

enum {
  ELEMENTS_PER_MESSAGE = 200,  // their list is one attribute of at most 65,535 bytes
  ELEMENTS_PER_SEND = 4096,    // one transaction, as the agent's addon makes them
  SERVICE_PORT = 80,
  TARGET_PORT = 8080,
  LOOPBACK = 1,                // the index of `lo` in every network namespace
};

#define DEVICE "kube-ipvs0"
#define TABLE "kube-ipvs-proxy"

static uint16_t ipvs_family;
static unsigned device;

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static uint32_t vip(unsigned service) { return htonl(0x0a600001 + service); }         // 10.96.0.1 …
static uint32_t pod(unsigned endpoint) { return htonl(0x0a800001 + endpoint); }       // 10.128.0.1 …

// --- IPVS ---

static void begin_ipvs(uint8_t command) {
  const struct genlmsghdr head = {.cmd = command, .version = IPVS_GENL_VERSION};
  begin(ipvs_family, 0);
  append(&head, sizeof head);
}

static void find_ipvs(void) {
  const struct genlmsghdr head = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
  begin(GENL_ID_CTRL, 0);
  append(&head, sizeof head);
  text(CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
  end();
  const struct nlmsghdr *reply = flush("IPVS");
  const uint8_t *place = (const uint8_t *)NLMSG_DATA(reply) + GENL_HDRLEN;
  const uint8_t *limit = (const uint8_t *)reply + reply->nlmsg_len;
  while (place < limit && ((const struct nlattr *)place)->nla_type != CTRL_ATTR_FAMILY_ID)
    place += NLA_ALIGN(((const struct nlattr *)place)->nla_len);
  if (place >= limit) fail("IPVS", ENOENT);
  memcpy(&ipvs_family, place + NLA_HDRLEN, sizeof ipvs_family);
}

static void write_service_key(unsigned service) {
  attribute16(IPVS_SVC_ATTR_AF, AF_INET);
  attribute16(IPVS_SVC_ATTR_PROTOCOL, IPPROTO_TCP);
  attribute_address(IPVS_SVC_ATTR_ADDR, vip(service));
  attribute16(IPVS_SVC_ATTR_PORT, htons(SERVICE_PORT));
}

static void write_virtual_server(unsigned service, const char *scheduler) {
  const struct ip_vs_flags flags = {0, ~0u};
  begin_ipvs(IPVS_CMD_NEW_SERVICE);
  const size_t nest = open_nest(IPVS_CMD_ATTR_SERVICE);
  write_service_key(service);
  text(IPVS_SVC_ATTR_SCHED_NAME, scheduler);
  attribute(IPVS_SVC_ATTR_FLAGS, &flags, sizeof flags);
  attribute32(IPVS_SVC_ATTR_TIMEOUT, 0);
  attribute32(IPVS_SVC_ATTR_NETMASK, ~0u);
  close_nest(nest);
  end_packed("virtual server");
}

static void write_real_server(unsigned service, unsigned endpoint) {
  begin_ipvs(IPVS_CMD_NEW_DEST);
  const size_t key = open_nest(IPVS_CMD_ATTR_SERVICE);
  write_service_key(service);
  close_nest(key);
  const size_t server = open_nest(IPVS_CMD_ATTR_DEST);
  attribute_address(IPVS_DEST_ATTR_ADDR, pod(endpoint));
  attribute16(IPVS_DEST_ATTR_PORT, htons(TARGET_PORT));
  attribute16(IPVS_DEST_ATTR_ADDR_FAMILY, AF_INET);
  attribute32(IPVS_DEST_ATTR_FWD_METHOD, IP_VS_CONN_F_MASQ);
  attribute32(IPVS_DEST_ATTR_WEIGHT, 1);
  attribute32(IPVS_DEST_ATTR_U_THRESH, 0);
  attribute32(IPVS_DEST_ATTR_L_THRESH, 0);
  close_nest(server);
  end_packed("real server");
}

// --- device ---

static void make_device(void) {
  const struct ifinfomsg head = {.ifi_change = IFF_NOARP, .ifi_flags = IFF_NOARP};
  begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  append(&head, sizeof head);
  text(IFLA_IFNAME, DEVICE);
  const size_t nest = open_nest(IFLA_LINKINFO);
  text(IFLA_INFO_KIND, "dummy");
  close_nest(nest);
  end();
  flush_acknowledged("device");
  device = if_nametoindex(DEVICE);
}

static void bind_vip(unsigned service) {
  const struct ifaddrmsg head = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = device};
  const uint32_t address = vip(service);
  begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  append(&head, sizeof head);
  attribute(IFA_LOCAL, &address, sizeof address);
  attribute(IFA_ADDRESS, &address, sizeof address);
  end_packed("address");
}

// As the agent makes it (native/route_codec.cc).
static void route_vip(unsigned service) {
  const struct rtmsg head = {.rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_LOCAL,
                             .rtm_protocol = 105, .rtm_scope = RT_SCOPE_HOST, .rtm_type = RTN_LOCAL};
  const uint32_t address = vip(service);
  begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  append(&head, sizeof head);
  attribute(RTA_DST, &address, sizeof address);
  attribute32(RTA_PRIORITY, 1024);
  attribute32(RTA_OIF, LOOPBACK);
  end_packed("route");
}

// --- nftables sets ---

static void begin_nft(uint16_t type, uint8_t family, uint16_t resource, uint16_t flags) {
  const struct nfgenmsg head = {.nfgen_family = family, .res_id = htons(resource)};
  begin(type, flags);
  append(&head, sizeof head);
}

// Writes the key of an element and returns its length; `comment` stays empty where there is none.
typedef size_t (*Element)(unsigned index, uint32_t key[4], char *comment);

static size_t guarded(unsigned index, uint32_t key[4], char *comment) {
  (void)comment;
  key[0] = vip(index);
  return 4;
}

static size_t owned(unsigned index, uint32_t key[4], char *comment) {
  sprintf(comment, "bench/service-%u", index);
  key[0] = vip(index);
  key[1] = htons(SERVICE_PORT);
  return 8;
}

static size_t treated(unsigned index, uint32_t key[4], char *comment) {
  (void)comment;
  key[0] = vip(index);
  key[1] = htons(SERVICE_PORT);
  return 8;
}

static size_t open_frontend(unsigned index, uint32_t key[4], char *comment) {
  (void)comment;
  key[0] = vip(index);
  key[1] = IPPROTO_TCP;
  key[2] = htons(SERVICE_PORT);
  return 12;
}

static void write_element(Element element, unsigned index) {
  uint32_t key[4] = {0};
  char comment[130] = {0};
  const size_t length = element(index, key, comment + 2);
  const size_t list = open_nest(NFTA_LIST_ELEM), value = open_nest(NFTA_SET_ELEM_KEY);
  attribute(NFTA_DATA_VALUE, key, length);
  close_nest(value);
  if (comment[2] != 0) {
    comment[1] = (char)(strlen(comment + 2) + 1);  // userdata: type 0, length, text with its NUL
    attribute(NFTA_SET_ELEM_USERDATA, comment, 2 + (size_t)comment[1]);
  }
  close_nest(list);
}

static void write_elements(const char *set, Element element, unsigned first, unsigned last) {
  begin_nft(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM, NFPROTO_INET, 0, NLM_F_CREATE | NLM_F_EXCL);
  text(NFTA_SET_ELEM_LIST_TABLE, TABLE);
  text(NFTA_SET_ELEM_LIST_SET, set);
  const size_t list = open_nest(NFTA_SET_ELEM_LIST_ELEMENTS);
  for (unsigned index = first; index < last; index++) write_element(element, index);
  close_nest(list);
  end();
}

static unsigned smaller(unsigned a, unsigned b) { return a < b ? a : b; }

// The kernel (before 6.10) acknowledges no bracket, so the last message inside is the one that asks.
static void fill_set(const char *set, Element element, unsigned count) {
  for (unsigned start = 0; start < count; start += ELEMENTS_PER_SEND) {
    const unsigned stop = smaller(start + ELEMENTS_PER_SEND, count);
    begin_nft(NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0);
    end();
    for (unsigned first = start; first < stop; first += ELEMENTS_PER_MESSAGE)
      write_elements(set, element, first, smaller(first + ELEMENTS_PER_MESSAGE, stop));
    end()->nlmsg_flags |= NLM_F_ACK;
    begin_nft(NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0);
    end();
    flush(set);
  }
}

// --- phases ---

static double phase_start, total;

static void report(const char *phase) {
  const double now = milliseconds();
  printf("\"%s\": %.3f, ", phase, now - phase_start);
  total += now - phase_start;
  phase_start = milliseconds();
}

static unsigned number(const char *word) { return (unsigned)strtoul(word, NULL, 10); }

// The real servers before those of this virtual server.
static unsigned servers_before(unsigned service, unsigned services, unsigned servers) {
  return (unsigned)((uint64_t)servers * service / services);
}

int main(int count, char **words) {
  const int by_routes = strcmp(words[count - 1], "routes") == 0;
  if (by_routes || strcmp(words[count - 1], "addresses") == 0) count--;
  if (count != 5 && count != 9)
    return fprintf(stderr, "usage: baseline VIRTUAL_SERVERS HASHING REAL_SERVERS ADDRESSES "
                           "[OWNED GUARDED OPEN TREATED] [addresses|routes]\n"), 2;
  const unsigned services = number(words[1]), hashing = number(words[2]);
  const unsigned servers = number(words[3]), addresses = number(words[4]);
  printf("{");
  phase_start = milliseconds();
  use_socket(NETLINK_ROUTE);
  make_device();
  const int route_socket = batch.socket;
  use_socket(NETLINK_GENERIC);
  find_ipvs();
  report("prepare");
  for (unsigned service = 0; service < services; service++)
    write_virtual_server(service, service < hashing ? "mh" : "rr");
  flush_rest("virtual server");
  report("virtualServers");
  for (unsigned service = 0; service < services; service++) {
    const unsigned end = servers_before(service + 1, services, servers);
    for (unsigned server = servers_before(service, services, servers); server < end; server++)
      write_real_server(service, server);
  }
  flush_rest("real server");
  report("realServers");
  batch.socket = route_socket;
  for (unsigned service = 0; service < addresses; service++) by_routes ? route_vip(service) : bind_vip(service);
  flush_rest("address");
  report("addresses");
  if (count > 5) {
    use_socket(NETLINK_NETFILTER);
    fill_set("owned-tcp-4", owned, number(words[5]));
    fill_set("guarded-4", guarded, number(words[6]));
    fill_set("open-4", open_frontend, number(words[7]));
    fill_set("masqueraded-tcp-4", treated, number(words[8]));
    report("sets");
  }
  printf("\"total\": %.3f}\n", total);
  return 0;
}
