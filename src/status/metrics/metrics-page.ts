import { EXPOSITION_TYPE, type MetricRegistry } from './exposition.js';
import type { MetricSources } from './metric-sources.js';
import { ServiceTraffic } from './service-traffic.js';
import type { Tally } from './tally.js';
import { trafficText } from './traffic-text.js';

export interface Page {
  readonly contentType: string;
  readonly text: string;
}

/** Makes the page for everyone who asks, one at a time: who asks while one is made gets the same. */
export class MetricsPage {
  readonly #registry: MetricRegistry;
  readonly #sources: MetricSources;
  readonly #tally: Tally;
  readonly #traffic: ServiceTraffic | undefined;
  #current: Promise<Page> | undefined;

  /** `trafficLimit`: of how many Service ports the statistics are shown; 0 for none, and then the kernel is not asked. */
  constructor(registry: MetricRegistry, sources: MetricSources, tally: Tally, trafficLimit: number) {
    this.#registry = registry;
    this.#sources = sources;
    this.#tally = tally;
    this.#traffic = trafficLimit > 0 ? new ServiceTraffic(trafficLimit) : undefined;
  }

  page(): Promise<Page> {
    this.#current ??= this.#make().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }

  async #make(): Promise<Page> {
    const traffic = await this.#trafficText();
    return { contentType: EXPOSITION_TYPE, text: this.#registry.text() + traffic };
  }

  // Without the kernel's statistics the rest is worth having all the more.
  async #trafficText(): Promise<string> {
    if (this.#traffic === undefined) return '';
    try {
      const traffic = await this.#sources.traffic();
      return trafficText(this.#traffic.add(traffic, this.#sources.observed().policy.owned));
    } catch {
      this.#tally.trafficFailures++;
      return '';
    }
  }
}
