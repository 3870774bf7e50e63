import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ManifestOptions, ManifestWatcher } from '../../src/manifests/manifest-watcher.js';
import type { ObjectsByService } from '../../src/model/changed-objects.js';
import type { ClusterListener } from '../../src/model/cluster-source.js';
import type { OtherNodes } from '../../src/model/node.js';
import { problemText } from '../../src/model/problem.js';
import type { ServiceKey } from '../../src/model/service-key.js';

const AN_HOUR = 3_600_000;

/** A folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files as a careful editor does: beside, then over the old one. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const beside = join(folder, `.${name}.tmp`);
    await writeFile(beside, text);
    await rename(beside, join(folder, name));
  }
}

/** Records what a source reports, and lets a test wait for it. */
export class Recorder implements ClusterListener {
  readonly reports: ServiceKey[][] = [];
  readonly others: OtherNodes[] = [];
  problemReports = 0;
  #recorder: (() => void) | undefined;

  /** Names of what changed, in the order of the reports. */
  readonly objects: string[] = [];

  changed(services: Iterable<ServiceKey>, _triggers?: readonly number[], objects?: ObjectsByService): void {
    this.objects.push(...[...(objects?.values() ?? [])].flat());
    this.reports.push([...services].sort());
    this.#recorder?.();
  }

  otherNodesChanged(others: OtherNodes): void {
    this.others.push(others);
  }

  problemsFound(): void {
    this.problemReports++;
    this.#recorder?.();
  }

  /** What was reported since this was last asked. */
  take(): ServiceKey[][] {
    return this.reports.splice(0);
  }

  /** Resolves at the first report after which `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#recorder = resolve;
      });
    }
  }
}

export interface Watched {
  readonly folder: string;
  readonly source: ManifestWatcher;
  readonly recorder: Recorder;
  /** Writes files, looks, and answers with what was reported. */
  readonly write: (files: Readonly<Record<string, string>>) => Promise<ServiceKey[][]>;
  readonly look: () => Promise<ServiceKey[][]>;
  readonly problems: () => string[];
}

/**
 * A started watcher over a folder with these files. Neither inotify nor the clock makes it look within the life
 * of a test, unless the options say so: each look is the test's own.
 */
export async function watched(
  files: Readonly<Record<string, string>>,
  options: Partial<ManifestOptions> = {},
): Promise<Watched> {
  const folder = options.folder ?? (await temporaryFolder());
  await writeFiles(folder, files);
  const source = new ManifestWatcher({ folder, rescanInterval: AN_HOUR, settleTime: AN_HOUR, ...options });
  const recorder = new Recorder();
  onTestFinished(() => source.stop());
  await source.start(recorder);
  const look = async () => {
    await source.rescan();
    return recorder.take();
  };
  return {
    folder,
    source,
    recorder,
    look,
    write: async (more) => {
      await writeFiles(folder, more);
      return look();
    },
    problems: () => source.problems.map(problemText),
  };
}

export function serviceYaml(name: string, clusterIP = '10.96.0.10', port: number | string = 80): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  clusterIP: ${clusterIP}
  ports: [{name: http, port: ${port}}]
`;
}

export function sliceYaml(name: string, service: string, address = '10.244.0.5'): string {
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${service}}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [${address}]}]
`;
}

export function documents(...texts: readonly string[]): string {
  return texts.join('---\n');
}
