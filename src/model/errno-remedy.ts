/** What would mend a refusal of the kernel, where errno's name alone tells; undefined where it does not. */
export function errnoRemedy(code: string): string | undefined {
  return REMEDIES.get(code);
}

const NO_RIGHT =
  'Run it as root with CAP_NET_ADMIN in the initial user namespace; a rootless container cannot have it.';
const NO_MEMORY = 'Free memory on this node, or raise the memory limit of the pod.';

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['EPERM', NO_RIGHT],
  ['EACCES', NO_RIGHT],
  ['ENOMEM', NO_MEMORY],
  ['ENOBUFS', NO_MEMORY],
  ['EAFNOSUPPORT', 'This kernel has no IPv6; enable it, or use IPv4 Services on this node.'],
  ['EPROTONOSUPPORT', 'Load it with `modprobe ip_vs`, or install the kernel package that has the module.'],
  [
    'EMFILE',
    'Raise the limit of open files of this process to 1024 or more (ulimit -n, LimitNOFILE= of systemd).',
  ],
  ['ENFILE', 'Raise fs.file-max of this node, or find out who has so many files open (lsof).'],
]);
