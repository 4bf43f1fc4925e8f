/** Metrics of the mutator, of all its replicas together. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { dirname } from 'node:path';
import type { IncomingMessage } from 'node:http';
import { listeningPorts } from './listening';
import type { Platform } from './platform';
import { MUTATOR_PODS, podsOf } from './rollout';

/** Text of `/metrics` of each replica. */
export async function metricsTexts(platform: Platform): Promise<string[]> {
  const pods = await podsOf(platform, MUTATOR_PODS);
  return Promise.all(
    pods.map(async ({ metadata }) => {
      const { metrics } = await listeningPorts(dirname(platform.kubeconfig), metadata.name ?? '');
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const asked = { host: '127.0.0.1', port: metrics, path: '/metrics', agent: false } as const;
        request(asked, resolve).on('error', reject).end();
      });
      return text(response);
    }),
  );
}

/** Sum over the replicas of each series of these metrics, by its line: name and labels. */
export async function seriesOf(
  platform: Platform,
  metrics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  for (const line of (await metricsTexts(platform)).join('\n').split('\n')) {
    const [, series, name = '', value] = /^((\w+)\{.*\}) (\S+)$/.exec(line) ?? [];
    if (series === undefined || !metrics.includes(name)) continue;
    sums.set(series, (sums.get(series) ?? 0) + Number(value));
  }
  return sums;
}
