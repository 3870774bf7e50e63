/** First and last port, both included. */
type PortRange = readonly [number, number];

/**
 * A range of ports as the API server's flag has it (apimachinery, pkg/util/net/port_range.go): `30000-32767`, `30000+2767` or one
 * port alone. Undefined where it is none, or leaves it to others (0 there).
 */
export function parsePortRange(text: string): PortRange | undefined {
  const [, first = '', sign, second = ''] = /^(\d{1,5})(?:([-+])(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const least = Number(first);
  const most = sign === undefined ? least : sign === '-' ? Number(second) : least + Number(second);
  return least >= 1 && most >= least && most <= 65_535 ? [least, most] : undefined;
}

/** Of a range that has been checked before. */
export function portRange(text: string): PortRange {
  const range = parsePortRange(text);
  if (range === undefined) throw new TypeError(`not a checked range of ports: ${text}`);
  return range;
}
