import { parseAllDocuments } from 'yaml';
import { translateEndpointSlice } from '../../src/api-objects/endpoint-slice.js';
import { translateNodeAddresses } from '../../src/api-objects/node.js';
import { translateService } from '../../src/api-objects/service.js';
import { reasonText, type Translation } from '../../src/api-objects/translation.js';
import { type ClusterFacts, NO_FACTS } from '../../src/model/cluster-facts.js';
import { type EndpointSlice, sliceKey } from '../../src/model/endpoint-slice.js';
import type { FrontendKey } from '../../src/model/frontend.js';
import { type NodeAddresses, otherNodes } from '../../src/model/node.js';
import { operationText } from '../../src/model/operation.js';
import { type Problem, problemText } from '../../src/model/problem.js';
import type { RealServerKey } from '../../src/model/real-server.js';
import type { Service } from '../../src/model/service.js';
import { serviceKey } from '../../src/model/service-key.js';
import { testAgent } from '../support/agent.js';
import { dataplaneText } from '../support/dataplane-text.js';
import { FakeKernel } from '../support/fake-kernel.js';
import { HandSource } from '../support/hand-source.js';
import { type Expectation, isExpectation, NOTHING, type Section, type Step } from './scenario-file.js';
import { nodeProfile, nodeRecord, ownAddresses } from './scenario-node.js';

interface ReadObject {
  readonly name: string;
  readonly translation: Translation<Service | EndpointSlice | NodeAddresses>;
}

/** An agent on a fake kernel, for one scenario. */
export class ScenarioStage {
  readonly #kernel = new FakeKernel();
  readonly #agent;
  readonly #objects = new Map<string, ReadObject>();
  #facts = NO_FACTS;
  #asked = false;

  /** What is settled before the start is taken from the scenario's first section about the node. */
  constructor(sections: readonly Section[]) {
    const profile = nodeProfile(sections.find(({ name }) => name === 'node')?.body);
    this.#agent = testAgent(this.#kernel, new HandSource(), {}, { node: profile });
  }

  async begin(): Promise<void> {
    await this.#agent.start();
  }

  /** Plays a section; what it should say, where it is an expectation. */
  async play({ name, body }: Section): Promise<string> {
    if (isExpectation(name)) {
      this.#asked = true;
      return this.#linesOf(name).join('\n') || NOTHING;
    }
    if (this.#asked) this.#kernel.log.length = 0;
    this.#asked = false;
    await this.#act(name, body);
    if (this.#agent.errors.length > 0) throw this.#agent.errors[0];
    return body;
  }

  async #act(step: Step, body: string): Promise<void> {
    switch (step) {
      case 'node':
        this.#moveNode(body);
        break;
      case 'apply':
        this.#apply(body);
        break;
      case 'delete':
        for (const line of body.split('\n')) this.#delete(line);
        break;
      case 'connections':
        for (const line of body.split('\n')) this.#connect(line);
        break;
      case 'listeners':
        this.#kernel.listening = new Set(body.split('\n') as FrontendKey[]);
        break;
      case 'wait':
        await this.#wait(body);
    }
    await this.#agent.loop.idle();
  }

  #linesOf(expectation: Expectation): readonly string[] {
    switch (expectation) {
      case 'plan':
        return this.#kernel.log.map(operationText);
      case 'kernel':
        return dataplaneText(this.#kernel.state).split('\n');
      case 'problems':
        return this.#problems().map(problemText);
      case 'health checks':
        return [...this.#agent.desired.healthChecks].map(
          ([service, { port, localEndpoints }]) => `${service} on ${port}: ${localEndpoints} local`,
        );
      case 'left alone':
        return [...this.#objects.values()].flatMap(({ name, translation }) =>
          translation.kind === 'left-alone' ? [`${name}: ${reasonText(translation.because)}`] : [],
        );
    }
  }

  #problems(): readonly Problem[] {
    const ofObjects = [...this.#objects.values()].flatMap(({ translation }) => translation.problems);
    return [...ofObjects, ...this.#agent.loop.state().problems];
  }

  #moveNode(yaml: string): void {
    this.#changeFacts({ node: nodeRecord(yaml) });
    this.#kernel.setNodeAddresses(ownAddresses(yaml));
  }

  #apply(yaml: string): void {
    for (const document of parseAllDocuments(yaml)) {
      if (document.errors.length > 0) throw document.errors[0];
      const object = readObject(document.toJS());
      this.#objects.set(object.name, object);
      if (object.translation.kind === 'translated') this.#put(object.translation.record);
      else this.#forget(object.name);
    }
  }

  #put(record: Service | EndpointSlice | NodeAddresses): void {
    if ('addresses' in record) this.#tellNodes();
    else this.#agent.source.put(record);
  }

  #tellNodes(): void {
    const nodes = [...this.#objects.values()].flatMap(({ translation }) =>
      translation.kind === 'translated' && 'addresses' in translation.record ? translation.record : [],
    );
    this.#changeFacts({ otherNodes: otherNodes(nodes, 'node-1') });
  }

  #changeFacts(changes: Partial<ClusterFacts>): void {
    this.#facts = { ...this.#facts, ...changes };
    this.#agent.loop.factsChanged(this.#facts);
  }

  #delete(name: string): void {
    if (!this.#objects.delete(name)) throw new Error(`there is no ${name} to delete`);
    this.#forget(name);
  }

  #forget(name: string): void {
    const [kind, namespace = '', object = ''] = name.split(/[ /]/);
    if (kind === 'Node') this.#tellNodes();
    else if (kind === 'Service') this.#agent.source.deleteService({ key: serviceKey(namespace, object) });
    else this.#agent.source.deleteSlice({ key: sliceKey(namespace, object) });
  }

  #connect(line: string): void {
    const [, frontend, server, active, inactive] =
      /^(\S+) (\S+) (\d+) active (\d+) inactive$/.exec(line) ?? unreadable(line);
    this.#kernel.setActivity(frontend as FrontendKey, server as RealServerKey, {
      active: Number(active),
      inactive: Number(inactive),
    });
  }

  async #wait(time: string): Promise<void> {
    const [, seconds] = /^(\d+)s$/.exec(time) ?? unreadable(time);
    for (let second = 0; second < Number(seconds); second++) {
      this.#agent.clock.advance(1_000);
      await this.#agent.loop.idle();
    }
  }
}

function readObject(object: { kind: string; metadata: { name: string; namespace?: string } }): ReadObject {
  const { name, namespace = 'default' } = object.metadata;
  if (object.kind === 'Node') return { name: `Node ${name}`, translation: translateNodeAddresses(object) };
  const translation = object.kind === 'Service' ? translateService(object) : translateEndpointSlice(object);
  return { name: `${object.kind} ${namespace}/${name}`, translation };
}

function unreadable(line: string): never {
  throw new Error(`cannot read '${line}'`);
}
