"""Sends one TCP segment of a connection far out of its window, with the acknowledgement that was sent last.

Words: source, its port, target, its port; then the two ports of the same segments as they leave this machine. Says "ready"
once it listens, waits for segments, and sends when none has come for 0.2 s.
"""

import socket
import struct
import sys

ALL_PROTOCOLS = 3  # ETH_P_ALL
SENT_BY_US = 4  # PACKET_OUTGOING
IPV6_CHECKSUM = 7
ACK = 0x10
WINDOW = 500  # by which tests tell it from other segments

source, target = sys.argv[1], sys.argv[3]
source_port, target_port, seen_source_port, seen_target_port = (int(sys.argv[n]) for n in (2, 4, 5, 6))
family = socket.AF_INET6 if ":" in source else socket.AF_INET


def sequence_numbers(packet):
    """Of a segment between the two ports; None for every other packet."""
    start = 40 if packet[0] >> 4 == 6 else (packet[0] & 0xF) * 4
    protocol = packet[6] if packet[0] >> 4 == 6 else packet[9]
    if protocol != socket.IPPROTO_TCP or len(packet) < start + 20:
        return None
    ports_and_numbers = struct.unpack("!HHII", packet[start : start + 12])
    return ports_and_numbers[2:] if ports_and_numbers[:2] == (seen_source_port, seen_target_port) else None


def last_sent():
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
    listener.settimeout(10)
    print("ready", flush=True)
    found = None
    while True:
        try:
            packet, (_, _, kind, *_) = listener.recvfrom(65535)
        except TimeoutError:
            return found
        numbers = sequence_numbers(packet) if kind == SENT_BY_US else None
        if numbers is not None:
            found = numbers
            listener.settimeout(0.2)


def segment(sequence, acknowledged):
    def header(checksum):
        ports = (source_port, target_port)
        return struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, 0x50, ACK, WINDOW, checksum, 0)

    if family == socket.AF_INET6:
        return header(0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!HH", 6, 20)
    total = sum(struct.unpack("!16H", pseudo + header(0)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return header(~total & 0xFFFF)


numbers = last_sent()
if numbers is None:
    sys.exit("no segment was seen")
raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
if family == socket.AF_INET6:
    raw.setsockopt(socket.IPPROTO_IPV6, IPV6_CHECKSUM, 16)
raw.bind((source, 0))
try:
    raw.sendto(segment((numbers[0] + 0x40000000) & 0xFFFFFFFF, numbers[1]), (target, 0))
except PermissionError:
    pass  # a rule of this machine dropped it
