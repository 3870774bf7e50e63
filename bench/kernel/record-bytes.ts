/** What of native/records.h the measuring parts read themselves; without any import, since the probe has it too. */
export const RECORD_SIZE = 80;
export const ADDRESS_OFFSET = 24;
export const REAL_ADDRESS_OFFSET = 40;
export const SET_OFFSET = 78;

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
