import type { Complaint } from './complaint.js';
import type { Documents } from './completed-documents.js';
import { durationSeconds } from './duration.js';

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
export function crossComplaints({ proxy }: Documents, wrong: ReadonlySet<string>): Complaint[] {
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
