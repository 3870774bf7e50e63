import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { type ClusterObject, InstallError } from './cluster-object.js';

/** The cluster that kubectl would talk to, for single questions. */
export interface CurrentCluster {
  /** Undefined where there is no such object, or no such kind. Rejects with InstallError. */
  get(path: string): Promise<ClusterObject | undefined>;
}

const TIMEOUT = 30_000;

/**
 * client-node knows every way in which a person's kubeconfig may log in. Answers are read as they come: its typed calls
 * would drop fields that are newer than it.
 */
export function currentCluster(config: KubeConfig): CurrentCluster {
  const cluster = config.getCurrentCluster();
  // client-node's last resort is a server that nobody has named.
  if (cluster === null || cluster.server === 'http://localhost:8080')
    throw new InstallError(
      'no kubeconfig with a current context was found.',
      'Give --kubeconfig, or set KUBECONFIG.',
    );
  return {
    async get(path) {
      const options: RequestOptions = { headers: { accept: 'application/json' }, timeout: TIMEOUT };
      await config.applyToHTTPSOptions(options);
      return answerOf(new URL(cluster.server.replace(/\/$/, '') + path), options);
    },
  };
}

function answerOf(url: URL, options: RequestOptions): Promise<ClusterObject | undefined> {
  const request = url.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new InstallError(
          `${url.host} gave no ${url.pathname}: ${why}.`,
          `Check it with \`kubectl get --raw ${url.pathname}\`.`,
        ),
      );
    const asked = request(url, options, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      const text = Buffer.concat(pieces).toString();
      if (response.statusCode === 404) resolve(undefined);
      else if (response.statusCode !== 200) fail(`${response.statusCode} ${messageOf(text)}`);
      else resolve(JSON.parse(text) as ClusterObject);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')));
    asked.on('error', (error) => fail(error.message));
    asked.end();
  });
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: unknown }).message ?? '');
  } catch {
    return text.slice(0, 200);
  }
}
