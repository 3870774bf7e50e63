import { ARP_SET } from '../packet-table/arp-table.js';
import { PACKET_SETS, setName } from '../packet-table/packet-sets.js';
import { LAYOUT_SET } from '../packet-table/packet-table.js';
import { EQUAL_BYTES_SET } from './equal-bytes.js';

/** Every set that the addon is asked about; it knows them by their index here. */
export const HANDLE_SETS: readonly string[] = [
  ...PACKET_SETS.map(setName),
  LAYOUT_SET,
  `arp:${ARP_SET}`,
  EQUAL_BYTES_SET,
];

export const LAYOUT_INDEX = PACKET_SETS.length;

/** After the sets of the table and the layout. */
export const ARP_INDEX = PACKET_SETS.length + 1;

export const EQUAL_BYTES_INDEX = PACKET_SETS.length + 2;

export const GUARDED_4 = PACKET_SETS.findIndex(
  ({ purpose, family }) => purpose === 'guarded' && family === 'IPv4',
);
