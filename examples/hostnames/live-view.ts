import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../lab/answer.js';
import { beforeExit } from '../../lab/before-exit.js';
import type { StatusReport } from '../../src/model/status-report.js';
import { frame } from './frame.js';
import { type HostnamesCluster, SERVICE } from './hostnames-cluster.js';
import { Screen } from './screen.js';

const REQUEST_INTERVAL = 500;
const RECENT_KEPT = 100;

/** Asks the Service twice a second and shows who answers, until the user leaves. */
export async function runLiveView(cluster: HostnamesCluster, folder: string): Promise<void> {
  const screen = new Screen();
  const callOff = beforeExit(async () => screen.close());
  const view = new LiveView(cluster, folder);
  screen.open();
  try {
    let leaving = false;
    const left = screen.left.then(() => {
      leaving = true;
    });
    while (!leaving) {
      await view.look();
      screen.draw(view.lines());
      await Promise.race([left, sleep(REQUEST_INTERVAL)]);
    }
  } finally {
    callOff();
    screen.close();
  }
}

class LiveView {
  readonly #cluster: HostnamesCluster;
  readonly #folder: string;
  readonly #counts = new Map<string, number>();
  readonly #recent: Answer[] = [];
  #report: StatusReport | undefined;

  constructor(cluster: HostnamesCluster, folder: string) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  async look(): Promise<void> {
    const { lab, agent } = this.#cluster;
    const [answer, report] = await Promise.all([
      lab.outside.ask({ ...SERVICE, patience: 1000 }),
      agent.status().catch(() => undefined),
    ]);
    this.#report = report;
    this.#note(answer);
  }

  lines(): string[] {
    const colour = process.env.NO_COLOR;
    return frame({
      client: this.#cluster.lab.outside.addresses.IPv4,
      folder: this.#folder,
      counts: this.#counts,
      recent: this.#recent,
      report: this.#report,
      coloured: colour === undefined || colour === '',
    });
  }

  #note(answer: Answer): void {
    const name = answer.kind === 'answered' ? answer.pod : answer.kind;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#recent.push(answer);
    this.#recent.splice(0, this.#recent.length - RECENT_KEPT);
  }
}
