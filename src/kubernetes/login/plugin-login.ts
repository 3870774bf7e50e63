import { resolve } from 'node:path';
import { credentialsError, type Place } from './credentials-error.js';
import type { Kubeconfig, KubeconfigSection } from './kubeconfig.js';
import type { UserPart } from './kubeconfig-login.js';

/** Milliseconds that a plugin may take; some ask a cloud, none asks a person. */
const PLUGIN_DEADLINE = 60_000;

type Answer = {
  headers?: Record<string, unknown>;
  cert?: string | Buffer;
  key?: string | Buffer;
};

/**
 * Asks an exec plugin or an auth provider, through client-node, which knows them all and remembers an answer until it
 * expires. It is loaded only here: no other kubeconfig pays for it in memory and time.
 */
export class PluginLogin {
  readonly #user: KubeconfigSection;
  readonly #kubeconfig: Kubeconfig;
  readonly #kind: 'exec' | 'auth-provider';
  readonly #deadline: number;
  #ask: (() => Promise<Answer>) | undefined;
  #asking: Promise<Answer> | undefined;

  /** Undefined where the user names no plugin. */
  static of(kubeconfig: Kubeconfig, deadline = PLUGIN_DEADLINE): PluginLogin | undefined {
    const { user } = kubeconfig;
    for (const kind of ['exec', 'auth-provider'] as const) {
      if (user?.section(kind) !== undefined) return new PluginLogin(kubeconfig, user, kind, deadline);
    }
    return undefined;
  }

  private constructor(
    kubeconfig: Kubeconfig,
    user: KubeconfigSection,
    kind: 'exec' | 'auth-provider',
    deadline: number,
  ) {
    this.#kubeconfig = kubeconfig;
    this.#user = user;
    this.#kind = kind;
    this.#deadline = deadline;
  }

  /** A plugin that still runs is not started a second time. */
  async read(): Promise<UserPart> {
    this.#ask ??= await clientNode(this.#clientUser());
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#part(await this.#inTime(this.#asking));
  }

  /** Its answer was refused. What an auth provider has renewed by itself is kept: the old token would be void. */
  forget(): void {
    if (this.#kind === 'exec') this.#ask = undefined;
  }

  async #inTime(asking: Promise<Answer>): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `has not answered within ${this.#deadline / 1000} s.`;
      timer = setTimeout(() => reject(this.#error(message)), this.#deadline);
    });
    try {
      return await Promise.race([asking, late]);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #part({ headers = {}, cert, key }: Answer): UserPart {
    const { Authorization: token } = headers;
    const pair = cert === undefined || key === undefined ? undefined : this.#pair(cert, key);
    if (typeof token === 'string') return { headers: { authorization: token }, pair };
    if (pair !== undefined) return { headers: {}, pair };
    throw this.#error('gave neither a token nor a certificate with its key.');
  }

  #pair(cert: string | Buffer, key: string | Buffer) {
    const { subject, field } = this.#place;
    const from = (what: string) => ({ subject, field: `${field}, ${what} of its answer` });
    return {
      certificate: { text: Buffer.from(cert), place: from('clientCertificateData') },
      key: { text: Buffer.from(key), place: from('clientKeyData') },
    };
  }

  // A parser's message quotes what it could not parse: the answer, and with it the token.
  #explained(error: unknown): unknown {
    if (error instanceof SyntaxError) return this.#error('answered with something that is no JSON.');
    if (!(error instanceof Error) || error.name === 'CredentialsError') return error;
    const code = 'code' in error ? ` (${String(error.code)})` : '';
    const missing = code.includes('ENOENT') ? 'its command does not exist' : 'it failed';
    return this.#error(`gave no credentials: ${missing}${code}.`);
  }

  #error(message: string) {
    const hint = this.#kind === 'exec' ? this.#user.section('exec')?.text('installHint') : undefined;
    const remedy = hint ?? 'Run it by hand to see what it says, or log in again.';
    return credentialsError(this.#place, message, remedy);
  }

  get #place(): Place {
    return this.#user.place(this.#kind);
  }

  #clientUser(): ClientUser {
    if (this.#kind === 'exec') return { exec: this.#execConfig() };
    return { authProvider: structuredClone(this.#user.section('auth-provider')?.raw) };
  }

  // As a shell does: a command with a slash is a path, here from the kubeconfig's folder; others are looked for in
  // PATH.
  #execConfig() {
    const exec = this.#user.section('exec');
    const command = exec?.text('command');
    if (exec === undefined || command === undefined) throw this.#error('names no command.');
    if (exec.text('interactiveMode') === 'Always')
      throw this.#error('wants to ask a person, and none is here.');
    const environment = Array.isArray(exec.raw.env) ? exec.raw.env : [];
    return {
      ...exec.raw,
      command: command.includes('/') ? resolve(this.#kubeconfig.folder, command) : command,
      env: [...environment, { name: 'KUBERNETES_EXEC_INFO', value: this.#execInfo(exec) }],
    };
  }

  // KEP-541: the plugin learns which version of the answer is expected and, where it wants to, which cluster it is for.
  #execInfo(exec: KubeconfigSection): string {
    const { cluster } = this.#kubeconfig;
    const shownCluster = {
      server: cluster.text('server'),
      'tls-server-name': cluster.text('tls-server-name'),
      'insecure-skip-tls-verify': cluster.flag('insecure-skip-tls-verify') || undefined,
      'certificate-authority-data': cluster.text('certificate-authority-data'),
    };
    const spec = {
      interactive: false,
      ...(exec.flag('provideClusterInfo') ? { cluster: shownCluster } : {}),
    };
    return JSON.stringify({ kind: 'ExecCredential', apiVersion: exec.text('apiVersion'), spec });
  }
}

interface ClientUser {
  readonly exec?: object;
  readonly authProvider?: object | undefined;
}

// The cluster serves only to make an agent that nobody uses: our own connections go where the kubeconfig says.
async function clientNode(user: ClientUser): Promise<() => Promise<Answer>> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'any', server: 'https://unused.invalid' }],
    users: [{ name: 'any', ...user }],
    contexts: [{ name: 'any', cluster: 'any', user: 'any' }],
    currentContext: 'any',
  });
  return async () => {
    const answer: Answer = {};
    await config.applyToHTTPSOptions(answer);
    return answer;
  };
}
