import type * as z from 'zod/mini';
import { durationSeconds } from '../model/duration.js';
import { isMapping } from '../model/mapping.js';
import type { Problem } from '../model/problem.js';
import { completed, type Documents } from './completed-documents.js';
import { type Complaint, ConfigError } from './config-error.js';
import type { RawDocuments } from './config-file.js';
import { fieldComplaints, fieldPaths } from './field-problems.js';
import { OWN_KIND, OWN_SCHEMA } from './own-document.js';
import { PROXY_KIND, PROXY_SCHEMA } from './proxy-document.js';

/** Which of the two documents a field is in. */
export type DocumentName = keyof Documents;

/** Gives a complaint its subject: the file, or a flag. */
export type AboutField = (document: DocumentName, complaint: Complaint) => Problem;

/**
 * The documents, complete. Throws ConfigError with everything that is wrong with both of them. Fields that kube-proxy's
 * document should not have are no mistake where they can be reported to `passedOver`: kube-proxy itself goes on without
 * them, so that files of every age work with it.
 */
export function checkedDocuments(
  raw: RawDocuments,
  about: AboutField,
  passedOver?: (problem: Problem) => void,
): Documents {
  const proxy = checked(PROXY_SCHEMA, PROXY_KIND, raw.proxy ?? {});
  for (const one of proxy.unknown) passedOver?.(about('proxy', asPassedOver(one)));
  const own = checked(OWN_SCHEMA, OWN_KIND, raw.own ?? {});
  const documents = completed({ proxy: proxy.value, own: own.value });
  const inProxy = passedOver === undefined ? [...proxy.complaints, ...proxy.unknown] : proxy.complaints;
  const wrong = new Set(inProxy.map(({ field = '' }) => field));
  const problems = [
    ...[...inProxy, ...crossComplaints(documents, wrong)].map((one) => about('proxy', one)),
    ...[...own.complaints, ...own.unknown].map((one) => about('own', one)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return documents;
}

function asPassedOver(complaint: Complaint): Complaint {
  return { ...complaint, message: `is no field of ${PROXY_KIND} and is passed over.` };
}

/** Every field at its default. */
export function defaultDocuments(): Documents {
  return checkedDocuments({}, () => {
    throw new TypeError('the defaults contradict the schema');
  });
}

interface Checked<T> {
  /** With the default in place of whatever is wrong, so that the rest can be checked as well. */
  readonly value: T;
  readonly complaints: readonly Complaint[];
  /** Those about fields that the schema does not know. */
  readonly unknown: readonly Complaint[];
}

function checked<Schema extends z.ZodMiniType>(
  schema: Schema,
  kind: string,
  value: Readonly<Record<string, unknown>>,
): Checked<z.output<Schema>> {
  const read = schema.safeParse(value);
  if (read.success) return { value: read.data, complaints: [], unknown: [] };
  const { issues } = read.error;
  const about = (some: readonly z.core.$ZodIssue[]) => fieldComplaints(kind, value, some, fieldPaths(schema));
  const isUnknown = ({ code }: z.core.$ZodIssue) => code === 'unrecognized_keys';
  const unknown = about(issues.filter(isUnknown));
  const complaints = about(issues.filter((issue) => !isUnknown(issue)));
  const sound = issues.reduce<Readonly<Record<string, unknown>>>(withoutIssue, value);
  return { value: schema.parse(sound), complaints, unknown };
}

function withoutIssue(
  value: Readonly<Record<string, unknown>>,
  issue: z.core.$ZodIssue,
): Readonly<Record<string, unknown>> {
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.reduce(without, value);
}

// A wrong element takes its list with it.
function without(
  mapping: Readonly<Record<string, unknown>>,
  [name = '', ...rest]: readonly PropertyKey[],
): Readonly<Record<string, unknown>> {
  const inner = mapping[String(name)];
  const kept = rest.length > 0 && isMapping(inner) ? without(inner, rest) : undefined;
  const { [String(name)]: _, ...others } = mapping;
  return kept === undefined ? others : { ...others, [String(name)]: kept };
}

/** A rule between fields of kube-proxy's document, each of which is right by itself. */
interface CrossCheck {
  readonly between: readonly string[];
  readonly complaint: (proxy: Documents['proxy']) => Complaint | undefined;
}

const CHECKS: readonly CrossCheck[] = [
  {
    between: ['ipvs.minSyncPeriod', 'ipvs.syncPeriod'],
    complaint: ({ ipvs: { minSyncPeriod, syncPeriod } }) =>
      durationSeconds(minSyncPeriod) <= durationSeconds(syncPeriod)
        ? undefined
        : {
            field: 'ipvs.minSyncPeriod',
            message: `${minSyncPeriod} was found, expected at most ipvs.syncPeriod, which is ${syncPeriod}.`,
            remedy: 'Make it shorter, or ipvs.syncPeriod longer.',
          },
  },
  needed('BridgeInterface', 'bridgeInterface'),
  needed('InterfaceNamePrefix', 'interfaceNamePrefix'),
];

/** What is wrong between fields, but for the rules about fields that are wrong already. */
function crossComplaints({ proxy }: Documents, wrong: ReadonlySet<string>): Complaint[] {
  return CHECKS.filter(({ between }) => !between.some((field) => wrong.has(field))).flatMap(
    ({ complaint }) => complaint(proxy) ?? [],
  );
}

function needed(mode: string, name: 'bridgeInterface' | 'interfaceNamePrefix'): CrossCheck {
  const field = `detectLocal.${name}`;
  return {
    between: ['detectLocalMode', field],
    complaint: ({ detectLocalMode, detectLocal }) =>
      detectLocalMode !== mode || detectLocal[name] !== ''
        ? undefined
        : {
            field,
            message: `nothing was found, expected a name, because detectLocalMode is ${mode}.`,
            remedy: 'Write it, or choose another detectLocalMode.',
          },
  };
}
