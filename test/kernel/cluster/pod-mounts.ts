import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KUBEADM = new URL('./kubeadm/', import.meta.url);

/** In a mount namespace of its own, so that nothing of it is seen or left behind on the machine. */
const MOUNT = `
mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /run &&
mkdir -p /var/lib/kube-proxy /run/secrets/kubernetes.io/serviceaccount &&
mount --bind "$0/kube-proxy" /var/lib/kube-proxy &&
mount --bind "$0/serviceaccount" /run/secrets/kubernetes.io/serviceaccount &&
exec "$@"`;

/** The volumes of kube-proxy's pod: kubeadm's ConfigMap, unmodified, and the service account's token and CA. */
export class PodMounts {
  readonly #folder: string;

  /** `edit`: what the operator changed in kubeadm's configuration. */
  static async create(
    token: string,
    authority: string,
    edit = (configuration: string) => configuration,
  ): Promise<PodMounts> {
    const mounts = new PodMounts(await mkdtemp(join(tmpdir(), 'pod-')));
    for (const name of ['kube-proxy', 'serviceaccount']) await mkdir(join(mounts.#folder, name));
    for (const name of ['config.conf', 'kubeconfig.conf'])
      await copyFile(new URL(name, KUBEADM), join(mounts.#folder, 'kube-proxy', name));
    const config = join(mounts.#folder, 'kube-proxy', 'config.conf');
    await writeFile(config, edit(await readFile(config, 'utf8')));
    await mounts.#put('ca.crt', authority);
    await mounts.setToken(token);
    return mounts;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a command is put behind, so that it finds everything where the pod has it. */
  get within(): readonly string[] {
    return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', MOUNT, this.#folder];
  }

  get adminSocket(): string {
    return join(this.#folder, 'admin.sock');
  }

  /** As the kubelet does an hour before the old one expires. */
  setToken(token: string): Promise<void> {
    return this.#put('token', token);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #put(name: string, text: string): Promise<void> {
    const path = join(this.#folder, 'serviceaccount', name);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
}
