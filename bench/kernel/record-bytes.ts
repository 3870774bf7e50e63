/** What of native/records.h the measuring parts read themselves; without any import, since the probe has it too. */
export const RECORD_SIZE = 80;
export const REAL_ADDRESS_OFFSET = 40;
export const SET_OFFSET = 78;
const PARTS_OFFSET = 12;
const TEXT_OFFSET = 72;
const TEXT_LENGTH_OFFSET = 76;

export const ADD_REAL_SERVER = 4;
export const ADD_ELEMENT = 9;
const ADD_REAL_SERVERS = 14;

export type Channel = 'ipvs' | 'addresses' | 'sets' | 'flows';

/** A job's records are all for one channel. */
export function channelOf(kind: number): Channel {
  if (kind <= 6 || kind === ADD_REAL_SERVERS) return 'ipvs';
  if (kind <= 8 || kind >= 12) return 'addresses';
  return kind <= 10 ? 'sets' : 'flows';
}

/** The texts of the keys that a record of an element or an address lists; undefined where it is one by itself. */
export function listedKeys(buffer: Uint8Array, offset: number): string[] | undefined {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const channel = channelOf(buffer[offset] ?? 0);
  const isKey = channel === 'sets' || channel === 'addresses';
  if (!isKey || view.getUint32(offset + PARTS_OFFSET, true) === 0) return undefined;
  const start = view.getUint32(offset + TEXT_OFFSET, true);
  const text = buffer.subarray(start, start + view.getUint16(offset + TEXT_LENGTH_OFFSET, true));
  return Buffer.from(text).toString().split('\n');
}
