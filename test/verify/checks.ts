/** Runs the steps that only read, outside a whole verification. */
import type { KubernetesApi } from '../../kubernetes/api';
import { expectedObjects, type VerifiedConfig } from '../../verify/expected';
import type { Finding, VerifyContext } from '../../verify/step';
import { CHECKS } from '../../verify/steps';

export function sceneOf(api: KubernetesApi, config: VerifiedConfig): VerifyContext {
  return {
    api,
    policy: config.policy,
    expected: expectedObjects(config),
    suffix: 'test',
    signal: new AbortController().signal,
    create: () => Promise.reject(new Error('a check creates nothing')),
  };
}

/** What each check that fails has found, by step id: empty where all is sound. */
export async function findingsOf(
  api: KubernetesApi,
  config: VerifiedConfig,
): Promise<Readonly<Record<string, readonly Finding[]>>> {
  const context = sceneOf(api, config);
  const results = await Promise.all(
    CHECKS.map(async (check) => {
      const outcome = await check.run(context);
      return outcome.status === 'fail' ? [[check.id, outcome.findings ?? []] as const] : [];
    }),
  );
  return Object.fromEntries(results.flat());
}
