import { describe, expect, it } from 'vitest';
import { INSTALLER_CONFIGS } from './installers.js';
import { complaints, OWN, PROXY, read } from './read.js';

const passedOver = (warnings: readonly string[]) =>
  warnings.flatMap(
    (warning) => /^config\.conf, (\S+): is no field .* is passed over\./.exec(warning)?.[1] ?? [],
  );

describe('the configuration of', () => {
  it.each(Object.entries(INSTALLER_CONFIGS))(
    '%s is taken as it is, with a warning for what is no field',
    (_, config) => {
      const { warnings, settings } = read(config.text);
      expect(passedOver(warnings).sort()).toEqual([...config.unknown].sort());
      expect(settings.scheduler).toBe('rr');
    },
  );

  it.each(Object.entries(INSTALLER_CONFIGS))(
    '%s is refused for it where the flag --strict-config is given',
    (_, config) => {
      const reported = complaints(() => read(config.text, {}, true));
      expect(reported).toHaveLength(config.unknown.length);
      for (const field of config.unknown)
        expect(reported).toContainEqual(expect.stringContaining(`config.conf, ${field}: is no field of`));
    },
  );
});

describe('a field that kube-proxy does not have', () => {
  const warningsOf = (text: string) => read(`${PROXY}${text}\n`).warnings;

  it.each([
    ['ipvs: {masqueradeAll: true}', 'ipvs.masqueradeAll', 'iptables.masqueradeAll'],
    ['ipvs: {masqueradeBit: 14}', 'ipvs.masqueradeBit', 'iptables.masqueradeBit'],
    ['ipvs: {scheduller: wrr}', 'ipvs.scheduller', 'ipvs.scheduler'],
    ['ipvs: {schedular: wrr}', 'ipvs.schedular', 'ipvs.scheduler'],
    ['scheduler: wrr', 'scheduler', 'ipvs.scheduler'],
    ['clusterCidr: 10.0.0.0/8', 'clusterCidr', 'clusterCIDR'],
    ['clusterCIDRs: 10.0.0.0/8', 'clusterCIDRs', 'clusterCIDR'],
    ['conntrack: {max: 0}', 'conntrack.max', 'conntrack.maxPerCore and conntrack.min'],
  ])('%s: is named with the one that is probably meant', (text, field, meant) => {
    expect(warningsOf(text)).toEqual([
      `config.conf, ${field}: is no field of KubeProxyConfiguration and is passed over. Write ${meant} if that is meant, or remove it.`,
    ]);
  });

  it.each(['resourceContainer: /kube-proxy', 'mod: ipvs', 'x: {y: {z: 1}}', '"__proto__": {a: 1}'])(
    '%s: is named without a guess where nothing is like it',
    (text) => {
      expect(warningsOf(text)).toEqual([expect.stringMatching(/is passed over\. Remove it\.$/)]);
    },
  );

  it('changes no other field, and wrong values of known fields are refused all the same', () => {
    expect(read(`${PROXY}ipvs: {scheduler: mh, masqueradeAll: true}\n`).settings).toEqual(
      read(`${PROXY}ipvs: {scheduler: mh}\n`).settings,
    );
    expect(complaints(() => read(`${PROXY}ipvs: {scheduler: 7, masqueradeAll: true}\n`))).toEqual([
      expect.stringContaining('ipvs.scheduler: 7 was found'),
    ]);
  });

  it('is refused in our own document, which no older program wrote', () => {
    expect(complaints(() => read(`${PROXY}---\n${OWN}adpot: true\n`))).toEqual([
      expect.stringContaining('adpot: is no field of KubeIpvsProxyConfiguration.'),
    ]);
  });
});
