import type { AgentSettings } from './agent-settings.js';

/** What has to happen for a changed setting to take effect. */
interface Reload {
  /** live: applied while the agent runs. restart: the agent ends, to be started again. */
  readonly kind: 'live' | 'restart';
  readonly because: string;
}

const live = (because: string): Reload => ({ kind: 'live', because });
const restart = (because: string): Reload => ({ kind: 'restart', because });

/**
 * A restart costs no connection: everything programmed stays, and a start with nothing changed writes nothing. So only
 * what one idempotent step applies is changed live.
 */
export const RELOADS: { readonly [Name in keyof AgentSettings]: Reload } = {
  source: restart('what one source has says nothing of another'),
  nodeName: restart('it decides which endpoints are local, everywhere'),
  serviceProxyName: restart('it decides which Services are listed at all'),
  adopt: restart('taking over happens before the first pass'),
  scheduler: restart('every virtual server without a scheduler of its own changes'),
  excludedCIDRs: restart('taking over happens before the first pass'),
  masqueradeAll: restart('the rules of the table are laid down at the start'),
  localDetection: restart('the rules of the table are laid down at the start'),
  nodePortRange: restart('the rules of the table are laid down at the start'),
  addressLimits: restart('which frontends there are changes, everywhere'),
  nodePorts: restart('listeners and virtual servers of every NodePort change'),
  maxFrontendsPerService: restart('every Service with more would have to be worked out anew'),
  vipBinding: restart('every VIP is bound anew, and rules of the table change'),
  drainDeadline: live('it is compared with each time a draining server is looked at'),
  gatherTime: restart('the loop takes its timers at the start'),
  syncPeriod: restart('health and the loop take it at the start'),
  auditPeriod: restart('the loop takes its timers at the start'),
  serving: restart('sockets are bound at the start'),
  perServiceMetrics: restart('the page of metrics is made at the start'),
  nodeSetUp: live('a few sysctls and one message to the kernel, written where they differ'),
  adminSocket: restart('sockets are bound at the start'),
  logLevel: live('the logger takes it at any time'),
};

export interface SettingsChange {
  /** The settings that changed and are applied live, with their new values. */
  readonly live: Partial<AgentSettings>;
  /** Names of the changed settings that need a restart. Where there are any, the restart applies all. */
  readonly restart: readonly (keyof AgentSettings)[];
  readonly unchanged: boolean;
}

/** How to get from the settings that the agent runs with to those that it should have. */
export function settingsChange(before: AgentSettings, after: AgentSettings): SettingsChange {
  const changed = settingNames().filter((name) => !isSame(before[name], after[name]));
  const isLive = (name: keyof AgentSettings) => RELOADS[name].kind === 'live';
  return {
    live: Object.fromEntries(changed.filter(isLive).map((name) => [name, after[name]])),
    restart: changed.filter((name) => !isLive(name)),
    unchanged: changed.length === 0,
  };
}

function settingNames(): (keyof AgentSettings)[] {
  return Object.keys(RELOADS) as (keyof AgentSettings)[];
}

// Settings are made by one function in one order of fields, so their text is their identity.
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
