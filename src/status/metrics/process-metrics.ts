import { readdirSync, readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import type { MetricRow } from './exposition.js';

/**
 * What runs, and what it costs. The library's own set is left out for its timer, which wakes an idle agent 100 times a
 * second.
 */
export function processMetrics(version: string): MetricRow[] {
  return [...buildMetrics(version), ...costMetrics(), ...runtimeMetrics()];
}

function buildMetrics(version: string): MetricRow[] {
  const [major = '', minor = ''] = version.split('.');
  const build = { git_version: `v${version}`, major, minor, compiler: 'node', go_version: '' };
  const built = {
    ...build,
    git_commit: '',
    git_tree_state: '',
    build_date: '',
    platform: `${platform()}/${arch()}`,
  };
  const own = { version, node_version: process.version };
  return [
    {
      kind: 'gauge',
      name: 'kubernetes_build_info',
      help: 'Always 1; the version of this program in the labels that Kubernetes components have.',
      labels: Object.keys(built),
      read: () => [[built, 1]],
    },
    {
      kind: 'gauge',
      name: 'kube_ipvs_proxy_build_info',
      help: 'Always 1; the version of this program and of Node.js.',
      labels: Object.keys(own),
      read: () => [[own, 1]],
    },
  ];
}

function costMetrics(): MetricRow[] {
  return [
    {
      kind: 'counter',
      name: 'process_cpu_seconds_total',
      help: 'Processor time, user and system.',
      read: () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
    },
    gauge('process_resident_memory_bytes', 'Memory in use.', () => process.memoryUsage.rss()),
    gauge(
      'process_virtual_memory_bytes',
      'Address space.',
      () => Number(fromProc('status', /VmSize:\s+(\d+)/)) * 1024,
    ),
    gauge('process_start_time_seconds', 'When it started, in seconds since 1970.', () => STARTED),
    gauge('process_open_fds', 'Open file descriptors.', () => readdirSync('/proc/self/fd').length),
    gauge('process_max_fds', 'Largest number of open file descriptors.', () =>
      Number(fromProc('limits', /Max open files\s+(\d+)/)),
    ),
  ];
}

function runtimeMetrics(): MetricRow[] {
  return [
    gauge('nodejs_heap_size_total_bytes', 'JavaScript heap.', () => process.memoryUsage().heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed),
    gauge(
      'nodejs_external_memory_bytes',
      'Memory outside of the JavaScript heap.',
      () => process.memoryUsage().external,
    ),
    {
      kind: 'counter',
      name: 'kube_ipvs_proxy_event_loop_busy_seconds_total',
      help: 'Time in which the event loop did not wait; its rate is the load of the one thread that runs JavaScript.',
      read: () => performance.eventLoopUtilization().active / 1000,
    },
  ];
}

const STARTED = (Date.now() - process.uptime() * 1000) / 1000;

function gauge(name: string, help: string, read: () => number): MetricRow {
  return { kind: 'gauge', name, help, read };
}

function fromProc(file: string, pattern: RegExp): string {
  return pattern.exec(readFileSync(`/proc/self/${file}`, 'utf8'))?.[1] ?? 'NaN';
}
