import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import { defaultSeccompProfile } from './seccomp-profile.js';

/** What a container runtime gets told besides the container itself. */
export interface ContainerPlace {
  /** The image's root file system. */
  readonly root: string;
  /** The image's entry point and environment. */
  readonly entrypoint: readonly string[];
  readonly environment: readonly string[];
  /** Path of the network namespace of the node: the pod is on the node's network. */
  readonly networkNamespace: string;
  /** Folders of this machine for the volumes of the pod, by their names. */
  readonly volumes: Readonly<Record<string, string>>;
  /** Values of the variables that come from fields of the pod. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * A bundle of the OCI runtime specification for one container of a pod, as a kubelet and its runtime make it: what the
 * manifest says of capabilities, privileges, root file system and system calls is what the process gets.
 */
export function writeBundle(folder: string, container: V1Container, place: ContainerPlace): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(runtimeConfig(container, place), null, 2));
}

function runtimeConfig(container: V1Container, place: ContainerPlace): object {
  const { securityContext = {}, args = [] } = container;
  const capabilities = capabilitiesOf(container);
  const environment = environmentOf(container, place);
  const expanded = args.map((word) =>
    word.replaceAll(/\$\((\w+)\)/g, (_, name) => environment.get(name) ?? ''),
  );
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: securityContext.runAsUser ?? 0, gid: securityContext.runAsGroup ?? 0 },
      args: [...place.entrypoint, ...expanded],
      env: [...environment].map(([name, value]) => `${name}=${value}`),
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: securityContext.allowPrivilegeEscalation === false,
    },
    root: { path: place.root, readonly: securityContext.readOnlyRootFilesystem === true },
    mounts: [...kernelMounts(), ...volumeMounts(container, place)],
    linux: {
      namespaces: [
        { type: 'pid' },
        { type: 'ipc' },
        { type: 'uts' },
        { type: 'mount' },
        { type: 'network', path: place.networkNamespace },
      ],
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
      seccomp: defaultSeccompProfile(capabilities),
    },
  };
}

/** Only what is added to nothing: a list that drops less than everything would need the runtime's default set. */
function capabilitiesOf({ securityContext }: V1Container): string[] {
  const { drop = [], add = [] } = securityContext?.capabilities ?? {};
  if (!drop.includes('ALL')) throw new Error('expected a container that drops all capabilities');
  return add.map((name) => `CAP_${name}`);
}

function environmentOf({ env = [] }: V1Container, place: ContainerPlace): Map<string, string> {
  const given = place.environment.map((entry) => entry.split('=', 2) as [string, string]);
  const own = env.map(({ name, value }) => [name, value ?? place.variables[name] ?? ''] as const);
  return new Map([...given, ...own]);
}

function kernelMounts(): object[] {
  return [
    { destination: '/proc', type: 'proc', source: 'proc' },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  ];
}

function volumeMounts({ volumeMounts = [] }: V1Container, { volumes }: ContainerPlace): object[] {
  return volumeMounts.map(({ name, mountPath, readOnly }) => {
    const source = volumes[name];
    if (source === undefined) throw new Error(`the test has no folder for the volume ${name}`);
    return {
      destination: mountPath,
      type: 'bind',
      source,
      options: ['rbind', 'nosuid', 'nodev', readOnly === true ? 'ro' : 'rw'],
    };
  });
}
