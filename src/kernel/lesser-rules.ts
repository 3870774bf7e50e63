import type { PacketRulesSettings } from './packet-rules-settings.js';

/** The rules, and what of them a kernel may still take where it refuses those before. */
export function lesserRules(settings: PacketRulesSettings): readonly PacketRulesSettings[] {
  const noRanges = { ...settings, withoutRanges: true };
  if (settings.strictArp !== true) return [settings, noRanges];
  return [settings, noRanges, { ...settings, withoutArp: true }, { ...noRanges, withoutArp: true }];
}
