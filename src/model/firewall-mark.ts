/**
 * The part of all firewall marks that is reserved for inside views: a mark is one of ours where `mark & mask` is `value`, and
 * the other 22 bits tell them apart. IPVS compares all 32 bits, so nothing narrower could be promised to others.
 *
 * No free bit is left (see docs/packet-flow.md): what keeps others away is the pattern. Bits 13–15 are 0, where the portmap
 * plugin, kube-proxy and kubelet have theirs; so are 8–11, one of which is set in every mark of Cilium, and 7, which is that of
 * the AWS CNI. Bit 12 is 1, which no mark of Calico or Tailscale has (both use bits 16–31 alone), and so is bit 28, which no
 * small number has that a person chose. WireGuard's 0xca6c (wg-quick) is outside for three reasons.
 */
export const OWN_MARKS = { mask: 0x1000_ff80, value: 0x1000_1000 } as const;

/** How many of them there are. */
export const OWN_MARK_COUNT = 2 ** 22;

/** The mark of a number below `OWN_MARK_COUNT`: its bits at 0–6, 16–27 and 29–31. */
export function ownMark(number: number): number {
  const low = number & 0x7f;
  const middle = (number >>> 7) & 0xfff;
  const high = number >>> 19;
  return (OWN_MARKS.value | low | (middle << 16) | (high << 29)) >>> 0;
}

export function isOwnMark(mark: number): boolean {
  return (mark & OWN_MARKS.mask) >>> 0 === OWN_MARKS.value;
}
