import type { Addon, Answers } from '../../src/kernel/native/addon.js';
import { loadAddon } from '../../src/kernel/native/addon.js';
import { HANDLE_SETS } from '../../src/kernel/packet-table/packet-table.js';
import { type Channel, channelOf, listedKeys, RECORD_SIZE, SET_OFFSET } from './record-bytes.js';
import type { Stopwatch } from './stopwatch.js';

/** Writes that went to the kernel since the last look at them. */
export interface Writes {
  jobs: number;
  records: number;
  /** Netlink messages: a transaction of elements has an opening, one message for up to 200 elements, and a closing. */
  messages: number;
}

const ELEMENTS_PER_MESSAGE = 200;

const OPEN_SET = HANDLE_SETS.indexOf('open-4');

/** The real addon, with each job of writes counted and measured by what it is about. */
export function countedAddon(watch: Stopwatch, writes: Writes): Addon {
  const addon = loadAddon();
  class CountedHandle extends addon.KernelHandle {
    // A job that waits for its turn is not at work.
    #before = 0;

    override async apply(buffer: Uint8Array, count: number): Promise<Answers> {
      const channel = channelOf(buffer[0] ?? 0);
      writes.jobs++;
      const elements = channel === 'sets' ? elementMessages(buffer, count) : 0;
      const handedOver = performance.now();
      const answers = await super.apply(buffer, count);
      const answered = performance.now();
      writes.records += answers.codes.length;
      writes.messages += messagesOf(channel, answers.codes.length, elements);
      watch.add(channel, Math.max(handedOver, this.#before), answered);
      if (opens(buffer)) watch.add('open', handedOver, answered);
      this.#before = answered;
      return answers;
    }
  }
  return {
    abi: addon.abi,
    libnl: 'none',
    KernelHandle: CountedHandle,
    setErrorClass: (type) => addon.setErrorClass(type),
  };
}

// The last writes before a Service answers.
function opens(buffer: Uint8Array): boolean {
  return channelOf(buffer[0] ?? 0) === 'sets' && buffer[SET_OFFSET] === OPEN_SET;
}

function messagesOf(channel: Channel, answers: number, elements: number): number {
  if (channel === 'ipvs' || channel === 'flows') return answers;
  // The device's index is asked for first.
  if (channel === 'addresses') return answers + 1;
  return 2 + elements;
}

// Neighbours of one kind and set share a message.
function elementMessages(buffer: Uint8Array, count: number): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let messages = 0;
  let shared = 0;
  let before = -1;
  for (let index = 0; index < count; index++) {
    const offset = index * RECORD_SIZE;
    const now = (buffer[offset] ?? 0) * 0x1_0000 + view.getUint16(offset + SET_OFFSET, true);
    if (now !== before) shared = 0;
    before = now;
    for (let left = listedKeys(buffer, offset)?.length ?? 1; left > 0; left--) {
      if (shared === 0) messages++;
      shared = (shared + 1) % ELEMENTS_PER_MESSAGE;
    }
  }
  return messages;
}
