import { setTimeout } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_ADMIN_SOCKET } from '../config/agent-settings.js';
import type { StatusReport } from '../model/status-report.js';
import { type CheckOptions, type NodeLook, runCheck } from './check/check.js';
import { type ConnectionsOptions, type ConnectionsParts, runConnections } from './connections.js';
import { addNodeOptions } from './fleet/node-options.js';
import { type OutputFormat, outputFormat } from './output.js';
import type { Done } from './program.js';
import { runDiff, runEvents } from './records.js';
import {
  type ListingParts,
  runBackends,
  runServices,
  type ServicesOptions,
  type SortKey,
} from './services.js';
import { runStatus, type StatusOptions } from './status.js';
import {
  runSupportBundle,
  type SupportBundleOptions,
  type SupportBundleParts,
} from './support-bundle/support-bundle.js';
import { runTop, type TopOptions } from './top.js';
import { type LookAtKernel, QuestionError, questionOf, runWhy, type WhyOptions } from './why/why.js';

/** What is shown where no agent answers: the kernel's part of it. */
export interface KernelViews {
  status(): Promise<StatusReport>;
  readonly rows: ListingParts['kernelRows'];
  readonly connections: ConnectionsParts['connections'];
  readonly look: LookAtKernel;
  readonly supportSources: SupportBundleParts['sources'];
  readonly node: NodeLook;
}

/** Adds these commands. */
export function addViewCommands(program: Command, kernel: KernelViews, done: Done): void {
  addStatus(program, kernel, done);
  addServices(program, kernel, done);
  addBackends(program, kernel, done);
  addWhy(program, kernel, done);
  addCheck(program, kernel, done);
  addRecords(program, done);
  addConnections(program, kernel, done);
  addTop(program, kernel, done);
  addSupportBundle(program, kernel, done);
  // After all commands, to those that it is for.
  addNodeOptions(program);
}

function addStatus(program: Command, kernel: KernelViews, done: Done): void {
  view(program, 'status', 'say whether this node is in sync, and what is wrong; also without a running agent')
    .addOption(outputOption(TABLE_OR_JSON, tableOrJson))
    .action(async (options: StatusOptions) => {
      done(await runStatus(options, kernel.status));
    });
}

function addServices(program: Command, kernel: KernelViews, done: Done): void {
  const command = view(program, 'services', 'list the frontends of Services, with their state in the kernel')
    .argument('[name...]', 'Services (NAME or NAMESPACE/NAME) or VIPs (ADDRESS or ADDRESS:PORT)', names)
    .option('--stats', 'counters since each virtual server was made, as ipvsadm --stats')
    .option('--rate', 'the same per second, measured for a second')
    .option('--exact', 'whole numbers instead of K, M and G');
  withListing(command).action(async (names: string[], options: ServicesOptions) => {
    done(await runServices(names, options, partsOf(kernel)));
  });
}

function addBackends(program: Command, kernel: KernelViews, done: Done): void {
  const command = view(
    program,
    'backends',
    'show the servers of a Service, and why others are none',
  ).argument('<service>', 'NAME, NAMESPACE/NAME, or a VIP (ADDRESS or ADDRESS:PORT)', serviceOrVip);
  withListing(command).action(async (name: string, options: ServicesOptions) => {
    done(await runBackends(name, options, partsOf(kernel)));
  });
}

function addWhy(program: Command, kernel: KernelViews, done: Done): void {
  view(program, 'why', 'say why a Service does not work on this node; also without a running agent')
    .argument('[service]', '[NAMESPACE/]SERVICE, or VIP[:PORT]')
    .option('--from <client>', 'whose connections: the address of a pod, node, or outside')
    .option('--port <number>', 'of the Service, where only one is asked about')
    .option('--try', 'open a TCP connection from this node to the VIP and to each endpoint')
    .option('--explain <code>', 'print what a code such as KIP102 means and what to do')
    .addOption(outputOption(TEXT_OR_JSON, textOrJson))
    .action(async (subject: string | undefined, options: WhyOptions) => {
      done(await runWhy(subject, options, kernel.look));
    });
}

function addCheck(program: Command, kernel: KernelViews, done: Done): void {
  view(program, 'check', 'say whether this node has what Services need; also without a running agent')
    .addOption(outputOption(TEXT_OR_JSON, textOrJson))
    .action(async (options: CheckOptions) => {
      done(await runCheck(options, kernel.node));
    });
}

function addRecords(program: Command, done: Done): void {
  withFormat(view(program, 'diff', 'compare what is wanted with the kernel, key by key')).action(
    async (options: Parameters<typeof runDiff>[0]) => {
      done(await runDiff(options, WRITING));
    },
  );
  withFormat(view(program, 'events', 'show the latest writes to the kernel, and because of which object'))
    .option('-f, --follow', 'go on with those that come, until Ctrl-C')
    .action(async (options: Parameters<typeof runEvents>[0]) => {
      done(await runEvents(options, WRITING));
    });
}

function addConnections(program: Command, kernel: KernelViews, done: Done): void {
  const command = view(
    program,
    'connections',
    'show the connections of clients and the servers that have them',
  )
    .argument('[service]', 'NAME, NAMESPACE/NAME, or a VIP (ADDRESS or ADDRESS:PORT)', serviceOrVip)
    .option('-n, --namespace <name>', 'of this namespace only');
  command
    .addOption(outputOption(LIST_FORMATS, listFormat))
    .action(async (name: string | undefined, options: ConnectionsOptions) => {
      const { rows: kernelRows, connections } = kernel;
      done(await runConnections(name, options, { ...WRITING, kernelRows, connections }));
    });
}

function addTop(program: Command, kernel: KernelViews, done: Done): void {
  view(program, 'top', 'show the frontends with the most traffic, again and again')
    .option('-n, --namespace <name>', 'of this namespace only')
    .option('--interval <seconds>', 'over which rates are measured', seconds, 2)
    .option('--rows <number>', 'frontends shown', rowCount, 20)
    .option('--once', 'one frame, and the end')
    .action(async (options: TopOptions) => {
      done(await runTop(options, partsOf(kernel)));
    });
}

function addSupportBundle(program: Command, kernel: KernelViews, done: Done): void {
  view(program, 'support-bundle', 'write one archive of what this node knows, without secrets, for a report')
    .option(
      '-o, --output <file>',
      'a file that is not there yet, or - for stdout; otherwise named by node and time',
    )
    .option('--time-limit <seconds>', 'for all of it', seconds, 60)
    .action(async (options: SupportBundleOptions) => {
      const version = program.version() ?? '';
      done(await runSupportBundle(options, { version, sources: kernel.supportSources }));
    });
}

function rowCount(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError(`'${text}' is no number of rows.`);
}

const WRITING = {
  write: (text: string) => void process.stdout.write(text),
  warn: (text: string) => void process.stderr.write(text),
};

function withFormat(command: Command): Command {
  return command.addOption(outputOption(RECORD_FORMATS, listFormat));
}

function view(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--admin-socket <path>', "the agent's socket", DEFAULT_ADMIN_SOCKET);
}

const SORT_KEYS: readonly SortKey[] = ['name', 'active', 'inactive', 'servers', 'connections', 'bytes'];

function withListing(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'of this namespace only')
    .option('--vip <address>', 'at this VIP only: ADDRESS or ADDRESS:PORT', vip)
    .addOption(new Option('--sort-by <key>', 'the largest first').choices(SORT_KEYS))
    .option('-w, --watch [seconds]', 'again and again, every 2 seconds', seconds)
    .addOption(outputOption(LIST_FORMATS, listFormat));
}

const TABLE_OR_JSON = ['table', 'json'];
const TEXT_OR_JSON = ['text', 'json'];
const RECORD_FORMATS = ['table', 'json', 'yaml', 'jsonpath='];
const LIST_FORMATS = ['table', 'wide', 'json', 'yaml', 'jsonpath='];

/** `-o`, of which the first format is the default; completion offers all of them. */
function outputOption(formats: readonly string[], reader: (text: string) => string): Option {
  const text = formats.includes('jsonpath=')
    ? 'how it is printed; after jsonpath= a template'
    : 'how it is printed';
  const [first = ''] = formats;
  return new Option('-o, --output <format>', text).choices(formats).argParser(reader).default(first);
}

function partsOf(kernel: KernelViews): ListingParts {
  return {
    ...WRITING,
    kernelRows: kernel.rows,
    wait: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }).catch(() => undefined),
    isTerminal: process.stdout.isTTY === true,
  };
}

function names(text: string, before: readonly string[] = []): string[] {
  return [...before, serviceOrVip(text)];
}

/** The same words are taken as `why` takes; whatever is neither a name nor an address would only not be found. */
function serviceOrVip(text: string): string {
  understood(text);
  return text;
}

function vip(text: string): string {
  if (understood(text).vip !== undefined) return text;
  throw new InvalidArgumentError(`'${text}' is no VIP; expected ADDRESS or ADDRESS:PORT.`);
}

function understood(text: string): ReturnType<typeof questionOf> {
  try {
    return questionOf(text, {});
  } catch (error) {
    throw error instanceof QuestionError ? new InvalidArgumentError(`${error.message}.`) : error;
  }
}

function listFormat(text: string): OutputFormat {
  const format = outputFormat(text);
  if (format !== undefined) return format;
  throw new InvalidArgumentError(`'${text}' is no format; expected table, wide, json, yaml or jsonpath=….`);
}

export function tableOrJson(text: string): 'table' | 'json' {
  if (text === 'table' || text === 'json') return text;
  throw new InvalidArgumentError(`'${text}' is no format; expected table or json.`);
}

function textOrJson(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw new InvalidArgumentError(`'${text}' is no format; expected text or json.`);
}

function seconds(text: string): number {
  const number = Number(text);
  if (number >= 0.1 && number <= 3_600) return number;
  throw new InvalidArgumentError(`'${text}' is no number of seconds from 0.1 to 3600.`);
}
