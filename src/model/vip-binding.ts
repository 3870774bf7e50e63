/**
 * How a VIP becomes local to the node: as an address of the dummy device, or as a route of type local, which no list of
 * addresses shows.
 */
export const VIP_BINDINGS = ['addresses', 'routes'] as const;

export type VipBinding = (typeof VIP_BINDINGS)[number];
