import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Commands, commandLine } from '../../src/cli/command-line.js';
import { commandWords } from '../../src/cli/command-words.js';
import { OVERLAY_CHOICE } from '../../src/compose-command-line.js';
import { ConfigError } from '../../src/config/config-error.js';
import { CONFIG_FLAGS } from '../../src/config/config-flags.js';
import { INSTALLER_FLAGS } from '../config/installers.js';
import { KUBEADM_CONFIG } from '../config/kubeadm.js';
import { unseenKernel } from '../support/kernel-views.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-line-'));
  await writeFile(join(folder, 'config.conf'), KUBEADM_CONFIG);
});
afterAll(() => rm(folder, { recursive: true }));

function commandsThatAnswer(code: number) {
  return {
    run: vi.fn<Commands['run']>(async () => code),
    initOnly: vi.fn<Commands['initOnly']>(async () => code),
    plan: vi.fn<Commands['plan']>(async () => code),
    cleanup: vi.fn<Commands['cleanup']>(async () => code),
    selftest: vi.fn<Commands['selftest']>(async () => code),
    manifest: vi.fn<Commands['manifest']>(async () => code),
    overlays: OVERLAY_CHOICE,
    version: vi.fn<Commands['version']>(async () => code),
    kernel: unseenKernel(),
  };
}

/** Parses the words and answers with the commands that were called, the exit code and what was said. */
async function parse(...words: string[]) {
  const commands = commandsThatAnswer(7);
  const codes: number[] = [];
  const program = commandLine('1.2.3', commands, (code) => codes.push(code));
  const said: string[] = [];
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeErr: (text) => said.push(text), writeOut: (text) => said.push(text) });
  const error = await program.parseAsync(commandWords(words), { from: 'user' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const settings = commands.run.mock.calls[0]?.[0].settings;
  return { commands, codes, said: said.join(''), error, settings };
}

describe('run', () => {
  it('takes our own flags', async () => {
    const { settings, codes } = await parse(
      ...['run', '--manifests', 'm', '--node-name', 'a', '--scheduler', 'wlc', '--drain-deadline', '3'],
      ...[
        '--cluster-cidr',
        '10.244.0.0/16',
        '--masquerade-all',
        '--admin-socket',
        '/s',
        '--log-level',
        'warn',
      ],
      ...['--adopt', '--service-proxy-name', 'x'],
    );
    expect(settings).toMatchObject({
      source: { kind: 'manifests', folder: 'm' },
      nodeName: 'a',
      scheduler: 'wlc',
      drainDeadline: 3,
      localDetection: { kind: 'cluster-cidrs', cidrs: ['10.244.0.0/16'] },
      masqueradeAll: true,
      adminSocket: '/s',
      logLevel: 'warn',
      adopt: true,
      serviceProxyName: 'x',
    });
    expect(codes).toEqual([7]);
  });

  it('follows the API server where no folder is named', async () => {
    const { settings } = await parse('run', '--kubeconfig', '/k', '--master=https://a:6443');
    expect(settings?.source).toEqual({ kind: 'api-server', kubeconfig: '/k', master: 'https://a:6443' });
  });

  it('is what kubeadm’s DaemonSet starts, whose command line knows no commands', async () => {
    const { commands, settings } = await parse(
      `--config=${folder}/config.conf`,
      '--hostname-override=Node-A',
    );
    expect(commands.run).toHaveBeenCalledOnce();
    expect(settings?.nodeName).toBe('node-a');
  });

  it.each(Object.entries(INSTALLER_FLAGS))(
    'takes the flags that %s starts kube-proxy with',
    async (_, flags) => {
      const { commands, settings } = await parse(...flags);
      expect(commands.run).toHaveBeenCalledOnce();
      expect(settings?.source).toMatchObject({
        kind: 'api-server',
        kubeconfig: expect.stringMatching(/^\/var\/lib\//),
      });
    },
  );

  it('--strict-config refuses what a warning would name otherwise', async () => {
    const old = join(folder, 'old.conf');
    await writeFile(old, `${KUBEADM_CONFIG}\nresourceContainer: /kube-proxy\n`);
    expect((await parse(`--config=${old}`)).commands.run).toHaveBeenCalledOnce();
    const { error, commands } = await parse('--strict-config', `--config=${old}`);
    expect(error).toBeInstanceOf(ConfigError);
    expect(commands.run).not.toHaveBeenCalled();
    expect((await parse('--strict-config=false', `--config=${old}`)).commands.run).toHaveBeenCalledOnce();
  });

  it('lists grow with each flag, of other flags the last one counts', async () => {
    const { settings } = await parse(
      ...['--nodeport-addresses', '10.0.0.0/8,localhost', '--nodeport-addresses=primary'],
      ...[
        '--ipvs-scheduler',
        'lc',
        '--ipvs-scheduler',
        'sh',
        '--feature-gates=A=true',
        '--feature-gates',
        'B=false',
      ],
    );
    expect(settings?.nodePorts.addresses).toEqual(['10.0.0.0/8', 'localhost', 'primary']);
    expect(settings?.scheduler).toBe('sh');
  });

  it('--cleanup cleans up, --init-only prepares; neither starts the agent', async () => {
    const cleanup = await parse('--cleanup', '--admin-socket', '/s');
    expect(cleanup.commands.cleanup).toHaveBeenCalledWith({ adminSocket: '/s' });
    const init = await parse('--init-only=true', `--config=${folder}/config.conf`);
    expect(init.commands.initOnly).toHaveBeenCalledOnce();
    for (const { commands } of [cleanup, init]) expect(commands.run).not.toHaveBeenCalled();
  });

  it('--write-config-to writes both documents and starts nothing', async () => {
    const path = join(folder, 'written.yaml');
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const { commands, codes } = await parse('--write-config-to', path, '--ipvs-scheduler=mh');
    write.mockRestore();
    expect(await readFile(path, 'utf8')).toMatch(/scheduler: mh.*---\n.*kind: KubeIpvsProxyConfiguration/s);
    expect(commands.run).not.toHaveBeenCalled();
    expect(codes).toEqual([0]);
  });

  it('--version is answered wherever it stands', async () => {
    expect((await parse('--config=/nowhere', '--version')).said).toBe('1.2.3\n');
  });

  it('has every flag of the table in its help', async () => {
    const { said } = await parse('run', '--help');
    expect(CONFIG_FLAGS.filter(({ name }) => !said.includes(` --${name} `))).toEqual([]);
  });
});

describe('wrong usage is refused with the flag, what was found and what was expected', () => {
  it.each([
    [['run', '--manifests', 'm', '--drain-deadline', 'soon'], "'soon' is no time; expected seconds"],
    [['run', '--manifests', 'm', '--drain-deadline', '-1'], "'-1' is no time"],
    [['run', '--masquerade-all=maybe'], "option '--masquerade-all [boolean]' argument 'maybe' is invalid"],
    [['run', '--oom-score-adj', 'x'], "'x' is no number"],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [['--config'], "option '--config <file>' argument missing"],
    [['--config=/c', 'stray'], "too many arguments for 'run'"],
    [['status', '-o', 'xml'], "'xml' is no format; expected table or json"],
    [['services', '10.96.0.256'], "'10.96.0.256' is no address; expected one like 10.96.0.1 or fd00:96::1"],
    [['services', 'web', 'Web!'], "'Web!' is neither a Service nor an address; expected NAMESPACE/SERVICE"],
    [['services', '--vip', 'web'], "'web' is no VIP; expected ADDRESS or ADDRESS:PORT"],
    [['services', '--vip', '10.96.0.1:http'], "'http' is no port; expected a number from 1 to 65535"],
    [['services', '--sort-by', 'size'], 'Allowed choices are name, active'],
    [['services', '--watch', '0'], "'0' is no number of seconds from 0.1 to 3600"],
    [['backends', '10.96.0.1:70000'], "'70000' is no port"],
    [['connections', 'a/b/c'], 'expected NAMESPACE/SERVICE'],
    [['top', '--rows', '-1'], "'-1' is no number of rows"],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['status', '--frobnicate'], "unknown option '--frobnicate'"],
  ])('%j', async (words, expected) => {
    const { error, said, codes } = await parse(...words);
    expect(error).toBeInstanceOf(CommanderError);
    expect(said).toContain(expected);
    expect(codes).toEqual([]);
  });

  it.each([
    [['run', '--manifests', 'm', '--scheduler', 'RR!'], '--scheduler: "RR!" was found'],
    [['run', '--manifests', 'm', '--cluster-cidr', '10.0.0.0/33'], '--cluster-cidr: "10.0.0.0/33" was found'],
    [
      ['run', '--manifests', 'm', '--log-level', 'loud'],
      '--log-level: "loud" was found, expected one of "", fatal',
    ],
    [['--proxy-mode=iptables'], '--proxy-mode: "iptables" was found'],
    [['--ipvs-sync-period=soon', '--oom-score-adj=5000'], '--oom-score-adj: 5000 was found'],
    [['--config', 'nonexist'], 'nonexist: does not exist (ENOENT). Create or mount it, or correct the path.'],
  ])('%j', async (words, expected) => {
    const { error, codes } = await parse(...words);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(expected);
    expect(codes).toEqual([]);
  });
});

describe('manifest', () => {
  it('takes image, server and several overlays', async () => {
    const { commands, codes } = await parse(
      ...['manifest', '--image', 'i:1', '--server=https://a:6443', '--overlay', 'dual-stack'],
      ...['--overlay=monitoring', '--dry-run=diff'],
    );
    expect(commands.manifest).toHaveBeenCalledWith({
      image: 'i:1',
      server: 'https://a:6443',
      overlay: ['dual-stack', 'monitoring'],
      dryRun: 'diff',
    });
    expect(codes).toEqual([7]);
  });

  it.each([
    [[], /required option '--image/],
    [['--image=i', '--overlay=tripple-stack'], /is no overlay; expected one of dual-stack, monitoring/],
    [['--image=i', '--overlay=node-by-node', '--overlay=monitoring'], /node-by-node .* goes with no other/],
    [['--image=i', '--dry-run=server'], /Allowed choices are diff/],
    [['--image=i', '--like-kube-proxy', '--server=https://a'], /leave --server out/],
    [['--image=i', '--like-kube-proxy', '--overlay=dual-stack'], /overlay dual-stack would replace/],
  ])('refuses %j', async (words, message) => {
    const { said, error, commands } = await parse('manifest', ...words);
    expect(said).toMatch(message);
    expect(error).toBeInstanceOf(CommanderError);
    expect(commands.manifest).not.toHaveBeenCalled();
  });
});

describe('version', () => {
  it.each([
    [[], 'table'],
    [['-o', 'json'], 'json'],
  ] as const)('%j is shown as %s', async (words, output) => {
    const { commands, codes } = await parse('version', ...words);
    expect(commands.version).toHaveBeenCalledWith({ output });
    expect(codes).toEqual([7]);
  });

  it('in another form is refused', async () => {
    expect((await parse('version', '-o', 'yaml')).said).toContain("'yaml' is no format");
  });
});
