import { type HttpAnswer, type HttpRoute, textAnswer } from './http-answer.js';

/** What /statusz and /flagz show of this process. */
interface ZPageView {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  now(): number;
  /** Every path of the server. */
  paths(): readonly string[];
  /** The flags with the values in effect, by name. */
  flags(): Readonly<Record<string, string>>;
}

const NAME = 'kube-ipvs-proxy';
const VERSIONS = ['v1', 'v1beta1', 'v1alpha1'];

/**
 * Kubernetes' z-pages (KEP-4827, KEP-4828): text for people, and, asked for with `Accept:
 * application/json;v=v1beta1;g=config.k8s.io;as=Statusz`, an object for programs.
 */
export function zPages(view: ZPageView): ReadonlyMap<string, HttpRoute> {
  return new Map<string, HttpRoute>([
    [
      '/statusz',
      ({ accept }) =>
        page(
          accept,
          'Statusz',
          () => statusText(view),
          () => statusObject(view),
        ),
    ],
    [
      '/flagz',
      ({ accept }) =>
        page(
          accept,
          'Flagz',
          () => flagText(view),
          () => ({ flags: view.flags() }),
        ),
    ],
  ]);
}

function page(
  accept: string | undefined,
  kind: 'Statusz' | 'Flagz',
  text: () => string,
  object: () => object,
): HttpAnswer {
  const asked = (accept ?? '').split(',').map((one) => one.trim());
  for (const media of asked) {
    const version = structuredVersion(media, kind);
    if (version !== undefined) return objectAnswer(media, version, kind, object());
    if (/^(|\*\/\*|text\/\*|text\/plain)(;|$)/.test(media)) return textAnswer(200, text());
  }
  const media = `application/json;v=v1beta1;g=config.k8s.io;as=${kind}`;
  return textAnswer(406, `there is text/plain and ${media}\n`);
}

/** The version asked for, where the media type names group, version and kind, as all three have to be. */
function structuredVersion(media: string, kind: string): string | undefined {
  const [type, ...parameters] = media.split(';').map((part) => part.trim());
  const named = Object.fromEntries(parameters.map((part) => part.split('=', 2)));
  const isAsked = type === 'application/json' && named.g === 'config.k8s.io' && named.as === kind;
  return isAsked && VERSIONS.includes(named.v) ? named.v : undefined;
}

function objectAnswer(media: string, version: string, kind: string, body: object): HttpAnswer {
  const object = { kind, apiVersion: `config.k8s.io/${version}`, metadata: { name: NAME }, ...body };
  return { status: 200, contentType: media, body: JSON.stringify(object) };
}

function statusObject({ version, started, now, paths }: ZPageView): object {
  return {
    startTime: new Date(started).toISOString().replace(/\.\d+/, ''),
    uptimeSeconds: Math.floor((now() - started) / 1000),
    binaryVersion: version,
    paths: paths(),
  };
}

const WARNING =
  'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.';

function statusText({ version, started, now, paths }: ZPageView): string {
  const up = Math.floor((now() - started) / 1000);
  const pad = (number: number) => String(Math.floor(number)).padStart(2, '0');
  return [
    `\n${NAME} statusz`,
    WARNING,
    '',
    `Started: ${new Date(started).toUTCString()}`,
    `Up: ${Math.floor(up / 3600)} hr ${pad((up / 60) % 60)} min ${pad(up % 60)} sec`,
    `Node.js version: ${process.version}`,
    `Binary version: ${version}`,
    `Paths: ${paths().join(' ')}`,
    '',
  ].join('\n');
}

function flagText({ flags }: ZPageView): string {
  const lines = Object.entries(flags()).map(([name, value]) => `${name}=${value}`);
  return [`\n${NAME} flags`, WARNING, '', ...lines.sort(), ''].join('\n');
}
