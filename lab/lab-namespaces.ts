import { randomBytes } from 'node:crypto';
import { Namespace } from './namespace.js';

/** The namespaces of one lab. */
export interface LabNamespaces {
  readonly node: Namespace;
  readonly remote: Namespace;
  readonly outside: Namespace;
  readonly pods: readonly Namespace[];
  readonly remotePods: readonly Namespace[];
}

/** Names that no other lab has, so that several can live side by side. */
export function labNamespaces(pods: number, remotePods: number): LabNamespaces {
  const lab = `lab-${randomBytes(3).toString('hex')}`;
  const namespace = (role: string) => new Namespace(`${lab}-${role}`);
  const numbered = (role: string, count: number) =>
    Array.from({ length: count }, (_, index) => namespace(`${role}-${index}`));
  return {
    node: namespace('node'),
    remote: namespace('remote'),
    outside: namespace('outside'),
    pods: numbered('pod', pods),
    remotePods: numbered('remote-pod', remotePods),
  };
}

export function everyNamespace({ node, remote, outside, pods, remotePods }: LabNamespaces): Namespace[] {
  return [node, remote, outside, ...pods, ...remotePods];
}
