import { shownName } from '../files/shown.js';
import type { NodeAddresses } from '../model/node.js';
import type { Problem } from '../model/problem.js';
import { Complaints, Field } from './field.js';
import { allowedName, DNS_SUBDOMAIN } from './names.js';
import { readAddress } from './network-fields.js';

/** The columns of `kubectl get nodes -o wide` that show addresses: the first InternalIP, and the first ExternalIP. */
const ADDRESS_COLUMNS = ['Internal-IP', 'External-IP'] as const;

/** What such a cell says where a Node has none. */
const NONE = '<none>';

type Column = 'Name' | (typeof ADDRESS_COLUMNS)[number];

/** In which cell of a row what is found. */
type NodeColumns = Readonly<Record<Column, number>> & {
  /** -1 where it is missing. */
  readonly Status: number;
};

interface RowTranslation {
  /** Undefined where the row names no Node. */
  readonly node: NodeAddresses | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Undefined where one of the columns is missing. `definitions`: columnDefinitions of a Table (meta.k8s.io/v1) of Nodes.
 */
export function nodeColumns(definitions: unknown): NodeColumns | undefined {
  const names = Array.isArray(definitions) ? definitions.map((column: unknown) => nameOf(column)) : [];
  const columns = {
    Name: names.indexOf('Name'),
    'Internal-IP': names.indexOf('Internal-IP'),
    'External-IP': names.indexOf('External-IP'),
  };
  return Object.values(columns).includes(-1) ? undefined : { ...columns, Status: names.indexOf('Status') };
}

/** Reads one row. Never throws. */
export function translateNodeRow(row: unknown, columns: NodeColumns): RowTranslation {
  const complaints = new Complaints();
  const cells = new Field(row, complaints).child('cells');
  const { value: name } = cells.entry(columns.Name);
  const subject = `Node ${shownName(name)}`;
  if (!allowedName(name, DNS_SUBDOMAIN)) {
    cells.report(
      `name no Node; the row is left out.`,
      'Look for what lies between this node and the API server.',
    );
    return { node: undefined, problems: complaints.about(subject, undefined) };
  }
  const addresses = ADDRESS_COLUMNS.flatMap((column) => {
    const cell = cells.entry(columns[column]);
    if (cell.absent || cell.value === NONE) return [];
    return readAddress(cell, `the ${column} is left out`) ?? [];
  });
  const problems = complaints.none ? [] : complaints.about(subject, undefined);
  const isReady = readReady(cells.entry(columns.Status).value);
  return { node: { name, addresses: [...new Set(addresses)], isReady }, problems };
}

/** `Ready`, `NotReady`, `Unknown` (the Node has no such condition), and after a comma whether it is cordoned. */
function readReady(status: unknown): boolean | undefined {
  const words = typeof status === 'string' ? status.split(',') : [];
  if (words.includes('NotReady')) return false;
  return words.includes('Ready') ? true : undefined;
}

function nameOf(column: unknown): unknown {
  return typeof column === 'object' && column !== null && 'name' in column ? column.name : undefined;
}
