import { FLOW_STATUS, type FlowRecord } from '../../../src/kernel/native/records.js';
import type { FlowSource } from '../../../src/kernel/node-watch/flow-look.js';
import { type Address, familyOf } from '../../../src/model/address.js';
import type { Ownership } from '../../../src/model/dataplane.js';
import { type FrontendKey, frontend } from '../../../src/model/frontend.js';
import { POD_1, VIP_A } from '../../support/addresses.js';

export const WEB = frontend(VIP_A, 80, 'TCP');
export const OWNED: ReadonlyMap<FrontendKey, Ownership> = new Map([
  [WEB.key, { frontend: WEB, owner: 'default/web:http' }],
]);

/** A flow to WEB that POD_1 serves, masqueraded at `port` unless its reply goes to its source. */
export function flow(port: number, fields: Partial<FlowRecord> = {}): FlowRecord {
  const all = {
    protocol: 'TCP',
    source: '192.0.2.77' as Address,
    destination: VIP_A,
    destinationPort: 80,
    replySource: POD_1,
    replySourcePort: 8080,
    replyDestination: '192.0.2.1' as Address,
    replyDestinationPort: port,
    status: FLOW_STATUS.sourceTranslated | FLOW_STATUS.answered,
    ...fields,
  } as const;
  const { destination, destinationPort, replySource, replyDestination } = all;
  return {
    family: familyOf(all.source),
    way: [destination, destinationPort, replySource, replyDestination].join(),
    ...all,
  };
}

/** Flows as a test puts them; counts the looks. */
export class HandFlows implements FlowSource {
  isRested = true;
  looks = 0;
  list: readonly FlowRecord[] = [];

  async each(status: number, take: (flow: FlowRecord) => void): Promise<void> {
    this.looks++;
    for (const one of this.list) if ((one.status & status) === status) take(one);
  }
}
