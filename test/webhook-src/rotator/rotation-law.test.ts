import fc from 'fast-check';
import { isIssuedBy } from '../../../webhook-src/rotator/authority';
import { rotate } from '../../../webhook-src/rotator/pass';
import { createFakeApi, deployConfiguration, secretPath, type FakeApi } from './fake-api';

const DAY = 86_400_000;
const MINUTE = 60_000;
const TARGET = {
  namespace: 'ns',
  secret: 'cert',
  caSecret: 'cert-ca',
  webhookConfiguration: 'mutator',
  service: 'svc',
};
const TIMES = {
  caLifetimeMs: 90 * DAY,
  leafLifetimeMs: 20 * DAY,
  propagationMs: 5 * MINUTE,
  overlapMs: DAY,
};

function trusts(bundle: string, leaf: string): boolean {
  const authorities = bundle.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  return authorities.some((authority) => isIssuedBy(leaf, authority));
}

function leafOf(api: FakeApi): string {
  return api.secret('cert')['tls.crt'] ?? '';
}

type Event = { readonly afterMinutes: number; readonly lose: 'nothing' | 'ca' | 'leaf' };

const events: fc.Arbitrary<Event> = fc.record({
  afterMinutes: fc.oneof(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 60, max: 6 * 24 * 60 }),
  ),
  lose: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'ca', 'leaf'),
});

test('whatever happens when, old and new certificate and old and new bundle fit together across every pass', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(events, { minLength: 5, maxLength: 25 }), async (timeline) => {
      const api = createFakeApi();
      deployConfiguration(api);
      let now = Date.UTC(2030, 0, 1);
      await rotate(api, TARGET, TIMES, now);
      for (const { afterMinutes, lose } of timeline) {
        now += afterMinutes * MINUTE;
        const served = leafOf(api);
        const trusted = api.caBundle();
        if (lose === 'ca') api.objects.delete(secretPath('cert-ca'));
        if (lose === 'leaf') api.objects.delete(secretPath('cert'));
        // With both gone at once nothing is left that says what is being served.
        const lost = lose === 'leaf' && api.secret('cert-ca')['ca.crt'] === undefined;
        await rotate(api, TARGET, TIMES, now);
        if (lost) continue;
        // Pods serve the old certificate for a while, API servers trust by the old bundle for a moment.
        expect(trusts(api.caBundle(), served)).toBe(true);
        expect(trusts(trusted, leafOf(api))).toBe(true);
        expect(trusts(api.caBundle(), leafOf(api))).toBe(true);
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);
