// Netlink messages collected in one buffer and sent many at a time.
#pragma once

#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGES_PER_SEND = 128, BUFFER_SIZE = 2 << 20 };

static struct {
  int socket;
  size_t size, last;  // bytes collected, and where the last message starts
  unsigned count;
} batch;

static uint8_t buffer[BUFFER_SIZE] __attribute__((aligned(4)));
static uint8_t answer[65536] __attribute__((aligned(4)));

static void fail(const char *what, int error) {
  fprintf(stderr, "baseline: %s: %s\n", what, strerror(error));
  exit(1);
}

static void *append(const void *data, size_t length) {
  uint8_t *target = buffer + batch.size;
  memcpy(target, data, length);
  memset(target + length, 0, NLA_ALIGN(length) - length);
  batch.size += NLA_ALIGN(length);
  return target;
}

static void attribute(uint16_t type, const void *data, size_t length) {
  const struct nlattr head = {(uint16_t)(NLA_HDRLEN + length), type};
  append(&head, sizeof head);
  append(data, length);
}

static void attribute16(uint16_t type, uint16_t value) { attribute(type, &value, sizeof value); }
static void attribute32(uint16_t type, uint32_t value) { attribute(type, &value, sizeof value); }
static void text(uint16_t type, const char *value) { attribute(type, value, strlen(value) + 1); }

// A 32-bit value in the 16 bytes that IPVS keeps for both families.
static void attribute_address(uint16_t type, uint32_t value) {
  const uint32_t wide[4] = {value};
  attribute(type, wide, sizeof wide);
}

static size_t open_nest(uint16_t type) {
  const size_t start = batch.size;
  const struct nlattr head = {0, (uint16_t)(type | NLA_F_NESTED)};
  append(&head, sizeof head);
  return start;
}

static void close_nest(size_t start) {
  ((struct nlattr *)(buffer + start))->nla_len = (uint16_t)(batch.size - start);
}

static void begin(uint16_t type, uint16_t flags) {
  const struct nlmsghdr head = {.nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST};
  batch.last = batch.size;
  batch.count++;
  append(&head, sizeof head);
}

static struct nlmsghdr *end(void) {
  struct nlmsghdr *head = (struct nlmsghdr *)(buffer + batch.last);
  head->nlmsg_len = (uint32_t)(batch.size - batch.last);
  return head;
}

// --- socket ---

static void use_socket(int protocol) {
  const int size = 8 << 20, on = 1;
  batch.socket = socket(AF_NETLINK, SOCK_RAW, protocol);
  if (batch.socket < 0) fail("socket", errno);
  setsockopt(batch.socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
  setsockopt(batch.socket, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(batch.socket, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
}

// Sends what was collected. The kernel is done with all of it when send() returns; what it has to say then waits.
static struct nlmsghdr *flush(const char *what) {
  if (batch.count == 0) return NULL;
  if (send(batch.socket, buffer, batch.size, 0) < 0) fail(what, errno);
  batch.size = batch.count = 0;
  const ssize_t size = recv(batch.socket, answer, sizeof answer, 0);
  if (size < 0) fail(what, errno);
  struct nlmsghdr *head = (struct nlmsghdr *)answer;
  const struct nlmsgerr *error = NLMSG_DATA(head);
  if (head->nlmsg_type == NLMSG_ERROR && error->error != 0) fail(what, -error->error);
  return head;
}

static void flush_acknowledged(const char *what) {
  ((struct nlmsghdr *)(buffer + batch.last))->nlmsg_flags |= NLM_F_ACK;
  flush(what);
}

static void end_packed(const char *what) {
  end();
  if (batch.count == MESSAGES_PER_SEND) flush_acknowledged(what);
}

static void flush_rest(const char *what) {
  if (batch.count > 0) flush_acknowledged(what);
}
