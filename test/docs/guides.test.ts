import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EKS, KOPS, KUBEADM, KUBESPRAY, RKE2, type RunningInstaller } from '../install/running.js';
import { GUIDES, type MarkedBlock, markedBlocks } from './guide.js';
import { GuideCommands } from './guide-commands.js';

describe('commands of this program', () => {
  const commands = new GuideCommands();
  beforeAll(() => commands.prepare());
  afterAll(() => commands.remove());

  const pages = GUIDES.filter((page) => markedBlocks(page).some(isRunHere));

  it.each(pages)('in %s do what they are said to do, one after the other', async (page) => {
    const script = markedBlocks(page)
      .filter(isRunHere)
      .map(({ text }) => text)
      .join('');
    const { code, stderr, written } = await commands.run(script, INSTALLERS[page] ?? KUBEADM);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    for (const [file, text] of written)
      expect(text, file).toMatch(/image: \S+\/kube-ipvs-proxy:|^mode: "?ipvs/m);
    expect(written.map(([file]) => file)).toEqual(
      expect.arrayContaining([...script.matchAll(/>(\S+)$/gm)].map(([, file]) => file)),
    );
  });

  it('are on several pages', () => expect(pages.length).toBeGreaterThan(6));
});

/** Whose kube-proxy runs in the cluster of a page; kubeadm's elsewhere. */
const INSTALLERS: Readonly<Record<string, RunningInstaller>> = {
  'docs/migrating/kubespray.md': KUBESPRAY,
  'docs/migrating/rke2-k3s.md': RKE2,
  'docs/migrating/kops.md': KOPS,
  'docs/migrating/eks-aks.md': EKS,
};

function isRunHere({ language, mark }: MarkedBlock): boolean {
  return language === 'sh' && mark.startsWith('Tried: `test/docs/guides.test.ts`');
}
