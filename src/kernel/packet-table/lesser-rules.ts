import type { PacketRulesSettings } from './packet-rules-settings.js';

/** The rules, and what of them a kernel may still take where it refuses those before. */
export function lesserRules(settings: PacketRulesSettings): readonly PacketRulesSettings[] {
  const all = settings.strictArp === true ? [settings, { ...settings, withoutArp: true }] : [settings];
  return [...all, ...all.map((rules) => ({ ...rules, withoutSockets: true }))];
}
