import { readFileSync } from 'node:fs';

/** What Debian's containers packages ship: the profile of podman and buildah, near to that of Docker and containerd. */
const DEFAULT_PROFILE = '/usr/share/containers/seccomp.json';

interface Condition {
  readonly caps?: readonly string[];
  readonly arches?: readonly string[];
}

interface Rule {
  readonly names: readonly string[];
  readonly action: string;
  readonly args?: readonly object[];
  readonly errnoRet?: number;
  readonly includes?: Condition;
  readonly excludes?: Condition;
}

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet: number;
  readonly syscalls: readonly Rule[];
}

/**
 * The runtime's default profile for a container with these capabilities, in the words of the OCI runtime specification:
 * what `RuntimeDefault` comes to, for this kind of processor.
 */
export function defaultSeccompProfile(capabilities: readonly string[]): object {
  const profile = JSON.parse(readFileSync(DEFAULT_PROFILE, 'utf8')) as Profile;
  const holds = ({ caps = [], arches = [] }: Condition) =>
    caps.every((cap) => capabilities.includes(cap)) && (arches.length === 0 || arches.includes('amd64'));
  const excluded = ({ caps = [], arches = [] }: Condition) =>
    caps.some((cap) => capabilities.includes(cap)) || arches.includes('amd64');
  return {
    defaultAction: profile.defaultAction,
    defaultErrnoRet: profile.defaultErrnoRet,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: profile.syscalls
      .filter(({ includes = {}, excludes = {} }) => holds(includes) && !excluded(excludes))
      .map(({ names, action, args, errnoRet }) => ({
        names,
        action,
        ...(args === undefined || args === null ? {} : { args }),
        ...(action === 'SCMP_ACT_ERRNO' && errnoRet !== undefined ? { errnoRet } : {}),
      })),
  };
}
