import type { IncomingHttpHeaders } from 'node:http';

/** One text a header: what came several times is joined as RFC 9110, 5.3 has it. */
export function flatHeaders(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) {
    flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
