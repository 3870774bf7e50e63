import type { Problem } from '../model/problem.js';
import type { Identity } from './identity.js';

/** What became of one API object. The problems never undo what could be used. */
export type Translation<R> = Translated<R> | LeftAlone;

interface Translated<R> {
  readonly kind: 'translated';
  readonly identity: Identity;
  readonly record: R;
  readonly problems: readonly Problem[];
}

/** An object that is none of this program's business, or of which nothing could be used. */
interface LeftAlone {
  readonly kind: 'left-alone';
  readonly because: Reason;
  /** Undefined where the object has no valid name; then nothing is known under its name either. */
  readonly identity: Identity | undefined;
  readonly problems: readonly Problem[];
}

const REASONS = {
  nameless: 'it has no valid name',
  'other-proxy': 'its label service.kubernetes.io/service-proxy-name gives it to another proxy',
  headless: 'it is headless',
  'external-name': 'it is of type ExternalName',
  'without-cluster-ip': 'it has no clusterIP',
  'unusable-cluster-ip': 'none of its clusterIPs can be used',
  'without-service': 'its label kubernetes.io/service-name names no Service',
  'without-addresses': 'its addressType is neither IPv4 nor IPv6',
} as const;

export type Reason = keyof typeof REASONS;

/** Completes "left alone, because …". */
export function reasonText(reason: Reason): string {
  return REASONS[reason];
}
