import { isMapping } from '../model/mapping.js';
import type { LiveService } from '../model/service-facts.js';
import { PROXY_NAME } from './metadata.js';
import { translateService } from './service.js';
import { reasonText } from './translation.js';

/** What of a Service as the API sent it no proxy needs, and a person who looks for what is wrong does. Never throws. */
export function liveService(object: unknown, proxyName: string | undefined): LiveService {
  const translation = translateService(object, proxyName);
  const because = translation.kind === 'left-alone' ? translation.because : undefined;
  const spec = recordOf(recordOf(object).spec);
  const label = recordOf(recordOf(recordOf(object).metadata).labels)[PROXY_NAME];
  return {
    type: typeof spec.type === 'string' ? spec.type : 'ClusterIP',
    proxyName: typeof label === 'string' ? label : undefined,
    leftAlone: because && { because: reasonText(because), isOtherProxys: because === 'other-proxy' },
    selector: selectorText(recordOf(spec.selector)),
    targetPorts: targetPorts(spec.ports),
  };
}

function selectorText(selector: Readonly<Record<string, unknown>>): string | undefined {
  const pairs = Object.entries(selector).map(([key, value]) => `${key}=${String(value)}`);
  return pairs.length === 0 ? undefined : pairs.join(',');
}

// Without one it is the port itself.
function targetPorts(ports: unknown): Record<string, string> {
  const entries = Array.isArray(ports) ? ports.map(recordOf) : [];
  return Object.fromEntries(
    entries.map(({ name = '', port, targetPort = port }) => [String(name), String(targetPort)]),
  );
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}
