/** A Node as far as the columns show it. */
interface TableNode {
  readonly metadata: { readonly name: string };
  readonly status?: unknown;
}

interface NodeAddress {
  readonly type: string;
  readonly address: string;
}

interface NodeCondition {
  readonly type: string;
  readonly status: string;
}

// As k8s.io/kubernetes/pkg/printers/internalversion defines them; the last five only show with `-o wide`.
const COLUMNS = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Status', type: 'string', format: '', priority: 0 },
  { name: 'Roles', type: 'string', format: '', priority: 0 },
  { name: 'Age', type: 'string', format: '', priority: 0 },
  { name: 'Version', type: 'string', format: '', priority: 0 },
  { name: 'Internal-IP', type: 'string', format: '', priority: 1 },
  { name: 'External-IP', type: 'string', format: '', priority: 1 },
  { name: 'OS-Image', type: 'string', format: '', priority: 1 },
  { name: 'Kernel-Version', type: 'string', format: '', priority: 1 },
  { name: 'Container-Runtime', type: 'string', format: '', priority: 1 },
];

/**
 * The Table (meta.k8s.io/v1) of these Nodes, with includeObject=None. As in the real one, of each type the first
 * address alone is shown.
 */
export function nodeTable(nodes: readonly TableNode[], resourceVersion: string, continueAt?: string): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion, ...(continueAt !== undefined && { continue: continueAt }) },
    columnDefinitions: COLUMNS,
    rows: nodes.map((node) => ({ cells: cellsOf(node), object: null })),
  };
}

// As `printNode` has it; a Node that says nothing of itself is ready here.
function statusOf(status: unknown): string {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly NodeCondition[] };
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Ready' : 'NotReady';
}

function cellsOf({ metadata: { name }, status }: TableNode): readonly string[] {
  const { addresses = [] } = (status ?? {}) as { readonly addresses?: readonly NodeAddress[] };
  const first = (type: string) => addresses.find((each) => each.type === type)?.address ?? '<none>';
  const addressCells = [first('InternalIP'), first('ExternalIP')];
  return [
    name,
    statusOf(status),
    '<none>',
    '5d',
    'v1.36.0',
    ...addressCells,
    'Debian GNU/Linux 12',
    '6.1.0',
    'containerd://2.0.0',
  ];
}
