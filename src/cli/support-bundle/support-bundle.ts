import { access, constants, lstat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { EXIT } from '../exit.js';
import { Collection, FOLDER, type SupportSources } from './collection.js';
import { tarArchive } from './tar.js';

export interface SupportBundleOptions {
  readonly adminSocket: string;
  /** A file that is not there yet, or `-` for stdout. */
  readonly output: string | undefined;
  /** Seconds for all of it. */
  readonly timeLimit: number;
}

export interface SupportBundleParts {
  readonly version: string;
  /** What the node says, with and without an agent. */
  readonly sources: SupportSources;
}

/** `support-bundle`: one archive of what this node knows, without secrets. What cannot be had is named in it. */
export async function runSupportBundle(
  options: SupportBundleOptions,
  parts: SupportBundleParts,
): Promise<number> {
  const made = new Date();
  const place = options.output ?? bundleName(hostname(), made);
  const take = await archiveTarget(place);
  if (typeof take === 'string') return misuse(take);
  const collection = new Collection(performance.now() + options.timeLimit * 1000);
  await collection.addAgent(options.adminSocket);
  await collection.addSources(parts.sources);
  const archive = tarArchive(collection.files(parts.version, made), made);
  await take(await promisify(gzip)(archive));
  process.stderr.write(closingText(place, collection));
  if (collection.isAgentDown) return EXIT.unreachable;
  return collection.failures.length === 0 ? EXIT.good : EXIT.problem;
}

/** `kube-ipvs-proxy-support-node-1-20261129T081500Z.tar.gz` */
export function bundleName(node: string, made: Date): string {
  const time = made.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${FOLDER}-${node}-${time}.tar.gz`;
}

function misuse(sentence: string): number {
  process.stderr.write(`kube-ipvs-proxy: ${sentence}.\n`);
  return EXIT.usage;
}

/** `support-bundle --node`: the archive of another node in a file here. */
export async function fetchSupportBundle(
  node: string,
  output: string | undefined,
  run: (stdout: Writable) => Promise<number>,
): Promise<number> {
  const place = output ?? bundleName(node, new Date());
  const take = await archiveTarget(place);
  if (typeof take === 'string') return misuse(take);
  const pieces: Buffer[] = [];
  const stdout = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  const code = await run(stdout);
  // An older agent does not know the command.
  if (pieces.length === 0) return code;
  await take(Buffer.concat(pieces));
  if (place !== '-') process.stderr.write(`It is in ${place}.\n`);
  return code;
}

function closingText(place: string, { members, failures, isAgentDown }: Collection): string {
  const where = place === '-' ? 'The archive' : place;
  const lines = [`${where} has ${members.length} files and manifest.json, which lists them.`];
  if (isAgentDown) lines.push('No agent answered: it has what the kernel says.');
  else if (failures.length > 0) lines.push(`Missing: ${failures.map(({ name }) => name).join(', ')}.`);
  lines.push('Tokens, keys and certificates are taken out; it names Services, nodes and addresses.');
  return `${lines.join('\n')}\n`;
}

/** Takes an archive as a whole, so that whoever ends the command early leaves no half of one. */
type TakeArchive = (bytes: Uint8Array) => Promise<void>;

/** Where an archive goes, or a sentence that says why it cannot: asked before anybody waits a minute for it. */
async function archiveTarget(place: string): Promise<TakeArchive | string> {
  if (place === '-')
    return process.stdout.isTTY === true ? 'a terminal shows no archive; name a file' : toStdout;
  try {
    await access(dirname(place), constants.W_OK);
  } catch (error) {
    return `${place} cannot be made: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (await lstat(place).catch(() => undefined)) return `${place} is there already; name another file`;
  // Never through a link that somebody laid where root was expected to write.
  return (bytes) => writeFile(place, bytes, { flag: 'wx', mode: 0o600 });
}

function toStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
