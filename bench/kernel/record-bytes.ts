/** What of native/records.h the measuring parts read themselves; without any import, since the probe has it too. */
export const RECORD_SIZE = 80;
export const ADDRESS_OFFSET = 24;
export const REAL_ADDRESS_OFFSET = 40;
export const SET_OFFSET = 78;
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

/** How many answers the addon gives: a record that lists real servers has one for each. */
export function answersTo(buffer: Uint8Array, count: number): number {
  let answers = 0;
  for (let offset = 0; offset < count * RECORD_SIZE; offset += RECORD_SIZE)
    answers += buffer[offset] === ADD_REAL_SERVERS ? listedIn(buffer, offset) : 1;
  return answers;
}

function listedIn(buffer: Uint8Array, offset: number): number {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const start = view.getUint32(offset + TEXT_OFFSET, true);
  const text = buffer.subarray(start, start + view.getUint16(offset + TEXT_LENGTH_OFFSET, true));
  return text.reduce((count, character) => (character === COMMA ? count + 1 : count), 1);
}

const COMMA = 0x2c;
