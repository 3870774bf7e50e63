import { hostPort, outsideKey } from '../model/frontend.js';
import type { TriedConnection } from '../model/kernel-facts.js';
import { isUsed } from './api-findings.js';
import { cause, type Evidence, type Finding, focusOf, named } from './evidence.js';

/** What the connections explain that were tried from this node. */
export function triedFindings(evidence: Evidence): Finding[] {
  const { tried } = evidence;
  if (tried === undefined) return [];
  const endpoints = tried.filter(({ target }) => target === 'endpoint');
  const failed = endpoints.filter(({ result }) => result !== 'answered');
  const isAnyAnswered = failed.length < endpoints.length;
  return [
    ...affinityFindings(evidence, failed),
    ...(isAnyAnswered || failed.length === 0 ? [] : hintFindings(evidence)),
    ...refusedFindings(failed, isAnyAnswered),
    ...silentFindings(failed),
    ...(isAnyAnswered ? frontendFindings(tried) : []),
  ];
}

function nameOf({ address, port }: TriedConnection): string {
  return hostPort(address, port);
}

function refusedFindings(failed: readonly TriedConnection[], isAnyAnswered: boolean): Finding[] {
  const refused = failed.filter(({ result }) => result === 'refused').map(nameOf);
  if (refused.length === 0) return [];
  const about = { place: 'Tried', about: refused[0] ?? '' } as const;
  if (!isAnyAnswered && refused.length === failed.length)
    return [cause('KIP104', { ...about, sentence: `every endpoint refuses connections: ${named(refused)}` })];
  return [cause('KIP502', { ...about, sentence: `${named(refused)} refuses connections` })];
}

function silentFindings(failed: readonly TriedConnection[]): Finding[] {
  const silent = failed.filter(({ result }) => result !== 'refused');
  if (silent.length === 0) return [];
  const sentence = `nothing came back from ${named(silent.map(nameOf))}`;
  return [cause('KIP503', { place: 'Tried', about: named(silent.map(nameOf)), sentence })];
}

// What answers the node itself need not answer a client elsewhere, so that this explains nothing by itself.
function frontendFindings(tried: readonly TriedConnection[]): Finding[] {
  return tried
    .filter(({ target, result }) => target === 'frontend' && result !== 'answered')
    .map((one) => {
      const how = one.result === 'refused' ? 'refuses connections' : 'does not answer';
      const sentence = `${nameOf(one)} ${how} on this node, though an endpoint answers`;
      return cause('KIP501', { place: 'Tried', about: nameOf(one), sentence });
    });
}

/** Hints are no fault where the endpoints that they leave answer. */
function hintFindings(evidence: Evidence): Finding[] {
  const frontends = focusOf(evidence).flatMap(({ wanted }) => wanted ?? []);
  const used = new Set(frontends.flatMap(({ desired }) => desired?.servers.map(({ key }) => key) ?? []));
  const others = (evidence.answer?.found?.endpoints ?? []).filter(
    (endpoint) =>
      endpoint.ready && !isUsed(endpoint, used) && endpoint.zoneHints.length + endpoint.nodeHints.length > 0,
  );
  if (others.length === 0 || used.size === 0) return [];
  const sentence = `its hints leave this node ${named(used)} alone, which does not answer, and keep it from ${named(
    others.map(({ address }) => address),
  )}`;
  return [cause('KIP202', { place: 'Tried', about: named(used), sentence })];
}

function affinityFindings({ kernel }: Evidence, failed: readonly TriedConnection[]): Finding[] {
  const client = kernel?.client;
  const dead = new Set(failed.map(nameOf));
  return (client?.affinity ?? [])
    .filter(({ server }) => dead.has(server))
    .map(({ frontend, server, secondsLeft }) =>
      cause('KIP504', {
        place: 'Seen',
        about: outsideKey(frontend),
        sentence: `affinity holds ${client?.address} at ${server} for ${secondsLeft} s, and that does not answer`,
      }),
    );
}
