import { X509Certificate } from 'node:crypto';
import { ApiError } from '../../../programs/api';
import { isIssuedBy } from '../../../webhook-src/rotator/authority';
import { rotate, type PassReport, type RotationTarget } from '../../../webhook-src/rotator/pass';
import { makeAuthority, makeCertificate } from '../../fixtures/certificates';
import {
  CONFIGURATION,
  createFakeApi,
  deployConfiguration,
  secretPath,
  type FakeApi,
} from './fake-api';

const DAY = 86_400_000;
const MINUTE = 60_000;
const START = Date.UTC(2030, 0, 1);
const TARGET: RotationTarget = {
  namespace: 'ns',
  secret: 'cert',
  caSecret: 'cert-ca',
  webhookConfiguration: 'mutator',
  service: 'svc',
};
const TIMES = {
  caLifetimeMs: 365 * DAY,
  leafLifetimeMs: 90 * DAY,
  propagationMs: 5 * MINUTE,
  overlapMs: DAY,
};

function pass(api: FakeApi, nowMs: number): Promise<PassReport> {
  return rotate(api, TARGET, TIMES, nowMs);
}

async function installed(): Promise<FakeApi> {
  const api = createFakeApi();
  deployConfiguration(api);
  await pass(api, START);
  return api;
}

/** What an API server checks: the certificate in the Secret against the bundle it trusts. */
function apiServerTrusts(api: FakeApi, leaf = api.secret('cert')['tls.crt'] ?? ''): boolean {
  const bundle = api.caBundle().match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? [];
  return bundle.some((authority) => isIssuedBy(leaf, authority));
}

describe('a first pass', () => {
  it('makes both Secrets and the caBundle, which fit together', async () => {
    const api = createFakeApi();
    deployConfiguration(api);
    const report = await pass(api, START);
    expect(report).toMatchObject({ authority: 'create', leaf: 'unusable', trust: 'written' });
    expect(apiServerTrusts(api)).toBe(true);
    expect(Object.keys(api.secret('cert')).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    expect(api.secret('cert')['ca.crt']).toBe(api.caBundle());
    expect(api.objects.get(secretPath('cert'))).toMatchObject({ type: 'kubernetes.io/tls' });
  });

  it('puts no CA key where pods can read it', async () => {
    const api = await installed();
    const caKey = api.secret('cert-ca')['ca.key'] ?? '';
    expect(caKey).toContain('PRIVATE KEY');
    expect(Object.values(api.secret('cert'))).not.toContain(caKey);
  });

  it('names the Service in every form and nothing else, for 90 days', async () => {
    const api = await installed();
    const leaf = new X509Certificate(api.secret('cert')['tls.crt'] ?? '');
    expect(leaf.subjectAltName?.split(', ')).toEqual([
      'DNS:svc.ns.svc',
      'DNS:svc',
      'DNS:svc.ns',
      'DNS:svc.ns.svc.cluster.local',
    ]);
    expect(Date.parse(leaf.validTo) - START).toBe(90 * DAY);
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(leaf.ca).toBe(false);
  });

  it('leaves webhooks that call another service alone', async () => {
    const api = await installed();
    expect(api.objects.get(CONFIGURATION)?.webhooks?.[1]?.clientConfig['caBundle']).toBe(
      'dGhlaXJz',
    );
  });

  it('succeeds before there is a webhook configuration, and writes the caBundle once there is', async () => {
    const api = createFakeApi();
    expect(await pass(api, START)).toMatchObject({ trust: 'absent', leaf: 'unusable' });
    deployConfiguration(api);
    expect(await pass(api, START + MINUTE)).toMatchObject({
      authority: 'keep',
      leaf: undefined,
      trust: 'written',
    });
    expect(apiServerTrusts(api)).toBe(true);
  });
});

describe('a pass that finds everything in order', () => {
  it('writes nothing', async () => {
    const api = await installed();
    api.writes.length = 0;
    expect(await pass(api, START + 59 * DAY)).toMatchObject({
      authority: 'keep',
      leaf: undefined,
      trust: 'kept',
    });
    expect(api.writes).toEqual([]);
  });
});

describe('healing', () => {
  it.each(['', 'bm90IGEgY2VydGlmaWNhdGU=', 'bm90IGJhc2U2NCEh'])(
    'replaces a wrong caBundle %j',
    async (caBundle) => {
      const api = await installed();
      const clientConfig = api.objects.get(CONFIGURATION)?.webhooks?.[0]?.clientConfig ?? {};
      clientConfig['caBundle'] = caBundle;
      expect((await pass(api, START)).trust).toBe('written');
      expect(apiServerTrusts(api)).toBe(true);
    },
  );

  it('makes a new certificate of the same CA when the serving Secret is deleted', async () => {
    const api = await installed();
    const before = api.caBundle();
    api.objects.delete(secretPath('cert'));
    expect(await pass(api, START + DAY)).toMatchObject({
      authority: 'keep',
      leaf: 'unusable',
      trust: 'kept',
    });
    expect(api.caBundle()).toBe(before);
    expect(apiServerTrusts(api)).toBe(true);
  });

  it('when the CA Secret is deleted, keeps trusting what is served until the successor has been served', async () => {
    const api = await installed();
    const old = api.secret('cert')['tls.crt'] ?? '';
    api.objects.delete(secretPath('cert-ca'));
    expect(await pass(api, START + DAY)).toMatchObject({ authority: 'announce', leaf: undefined });
    expect(api.secret('cert')['tls.crt']).toBe(old);
    expect(apiServerTrusts(api, old)).toBe(true);
    expect(await pass(api, START + DAY + 5 * MINUTE)).toMatchObject({
      authority: 'promote',
      leaf: 'issuer',
    });
    expect(apiServerTrusts(api, old)).toBe(true);
    expect(apiServerTrusts(api)).toBe(true);
  });

  it('takes over no CA from a serving Secret whose certificate it did not sign', async () => {
    const api = await installed();
    const stranger = await makeAuthority('stranger');
    const data = api.objects.get(secretPath('cert'))?.data ?? {};
    data['ca.crt'] = Buffer.from(
      `${api.secret('cert')['ca.crt']}${stranger.certificate}\n`,
    ).toString('base64');
    api.objects.delete(secretPath('cert-ca'));
    await pass(api, START + DAY);
    expect(api.caBundle()).not.toContain(stranger.certificate);
  });

  it('trusts no stranger and replaces the certificate when both certificate and CA of the serving Secret are foreign', async () => {
    const api = await installed();
    const stranger = await makeAuthority('stranger');
    const foreign = await makeCertificate(
      { notBefore: new Date(START - DAY), notAfter: new Date(START + DAY) },
      stranger,
    );
    const data = api.objects.get(secretPath('cert'))?.data ?? {};
    data['tls.crt'] = Buffer.from(foreign.certificate).toString('base64');
    data['tls.key'] = Buffer.from(foreign.key).toString('base64');
    data['ca.crt'] = Buffer.from(stranger.certificate).toString('base64');
    expect(await pass(api, START)).toMatchObject({ leaf: 'unusable' });
    expect(api.caBundle()).not.toContain(stranger.certificate);
    expect(apiServerTrusts(api)).toBe(true);
  });

  it('replaces a key that is not the certificate’s', async () => {
    const api = await installed();
    const data = api.objects.get(secretPath('cert'))?.data ?? {};
    data['tls.key'] = Buffer.from((await makeCertificate()).key).toString('base64');
    expect((await pass(api, START)).leaf).toBe('unusable');
  });

  it('makes a new certificate when the Service is called by another name', async () => {
    const api = await installed();
    const target = { ...TARGET, namespace: 'ns', service: 'renamed' };
    expect((await rotate(api, target, TIMES, START)).leaf).toBe('names');
  });
});

describe('renewal', () => {
  it('replaces the serving certificate after two thirds of its life, by the same CA', async () => {
    const api = await installed();
    const before = api.secret('cert')['tls.crt'];
    expect((await pass(api, START + 60 * DAY - 10 * MINUTE)).leaf).toBeUndefined();
    expect(await pass(api, START + 60 * DAY)).toMatchObject({
      authority: 'keep',
      leaf: 'renewal',
      trust: 'kept',
    });
    expect(api.secret('cert')['tls.crt']).not.toBe(before);
  });

  it('rotates the CA in the order that loses nothing', async () => {
    const api = await installed();
    const oldCa = api.secret('cert-ca')['ca.crt'] ?? '';
    let now = START + 244 * DAY;

    expect((await pass(api, now)).authority).toBe('announce');
    const leafBefore = api.secret('cert')['tls.crt'] ?? '';
    expect(isIssuedBy(leafBefore, oldCa)).toBe(true);
    expect(api.caBundle()).toContain(oldCa.trim());
    expect(api.caBundle()).toContain(api.secret('cert-ca')['next.crt']?.trim());

    expect((await pass(api, now + 4 * MINUTE)).authority).toBe('keep');
    now += 5 * MINUTE;
    expect(await pass(api, now)).toMatchObject({
      authority: 'promote',
      leaf: 'issuer',
      trust: 'written',
    });
    const newCa = api.secret('cert-ca')['ca.crt'] ?? '';
    expect(newCa).not.toBe(oldCa);
    expect(apiServerTrusts(api, leafBefore)).toBe(true);
    expect(apiServerTrusts(api)).toBe(true);
    expect(
      Object.values(api.secret('cert-ca')).filter((value) => value.includes('PRIVATE KEY')),
    ).toHaveLength(1);

    expect((await pass(api, now + DAY - MINUTE)).authority).toBe('keep');
    expect((await pass(api, now + DAY)).authority).toBe('retire');
    expect(api.caBundle()).not.toContain(oldCa.trim());
    expect(apiServerTrusts(api)).toBe(true);
  });

  it('does not let a new CA sign while a webhook does not trust it yet', async () => {
    const api = await installed();
    const now = START + 244 * DAY;
    await pass(api, now);
    const clientConfig = api.objects.get(CONFIGURATION)?.webhooks?.[0]?.clientConfig ?? {};
    clientConfig['caBundle'] = Buffer.from(api.secret('cert-ca')['ca.crt'] ?? '').toString(
      'base64',
    );
    expect(await pass(api, now + 6 * MINUTE)).toMatchObject({
      authority: 'keep',
      trust: 'written',
    });
    expect((await pass(api, now + 7 * MINUTE)).authority).toBe('promote');
  });

  it('gives every certificate a serial number of its own', async () => {
    const api = await installed();
    const serials = new Set<string>();
    for (let year = 0; year < 3; year += 1) {
      for (const step of [0, 10 * MINUTE, 2 * DAY, 70 * DAY]) {
        await pass(api, START + (244 + year * 250) * DAY + step);
        for (const file of ['ca.crt', 'tls.crt']) {
          const source = file === 'ca.crt' ? api.secret('cert-ca') : api.secret('cert');
          serials.add(new X509Certificate(source[file] ?? '').serialNumber);
        }
        expect(apiServerTrusts(api)).toBe(true);
      }
    }
    expect(serials.size).toBeGreaterThanOrEqual(8);
    for (const serial of serials) expect(serial.length).toBe(32);
  });

  it('never issues a certificate that outlives its CA', async () => {
    const api = createFakeApi();
    await rotate(api, TARGET, { ...TIMES, leafLifetimeMs: 4000 * DAY }, START);
    const leaf = new X509Certificate(api.secret('cert')['tls.crt'] ?? '');
    const ca = new X509Certificate(api.secret('cert-ca')['ca.crt'] ?? '');
    expect(Date.parse(leaf.validTo)).toBe(Date.parse(ca.validTo));
  });

  it('starts anew after everything has expired', async () => {
    const api = await installed();
    expect(await pass(api, START + 400 * DAY)).toMatchObject({
      authority: 'create',
      leaf: 'unusable',
      trust: 'written',
    });
    expect(apiServerTrusts(api)).toBe(true);
  });
});

describe('two rotators at once', () => {
  it('let only one CA win when both start with nothing, whatever the interleaving', async () => {
    const api = createFakeApi();
    deployConfiguration(api);
    const results = await Promise.allSettled([
      pass(api, START),
      pass(api, START),
      pass(api, START),
    ]);
    const lost = results.filter((result) => result.status === 'rejected');
    for (const { reason } of lost) expect(reason).toMatchObject({ status: 409 });
    expect(results.length - lost.length).toBeGreaterThanOrEqual(1);
    await pass(api, START);
    expect(apiServerTrusts(api)).toBe(true);
    api.writes.length = 0;
    await pass(api, START);
    expect(api.writes).toEqual([]);
  });

  it('refuse a bundle made from CAs that have changed since', async () => {
    const api = await installed();
    const now = START + 244 * DAY;
    let raced = false;
    // Another rotator announces a new CA between our reading of the configuration and everything after it.
    const racing = new Promise<void>((resolve, reject) => {
      api.before = (method, path) => {
        if (raced || method !== 'GET' || path !== secretPath('cert-ca')) return;
        raced = true;
        pass(api, now).then(() => resolve(), reject);
      };
    });
    const [ours] = await Promise.allSettled([pass(api, now), racing]);
    expect(raced).toBe(true);
    if (ours.status === 'rejected') expect(ours.reason).toBeInstanceOf(ApiError);
    expect(api.caBundle()).toContain(api.secret('cert-ca')['next.crt']?.trim());
    expect(api.caBundle()).toContain(api.secret('cert-ca')['ca.crt']?.trim());
  });
});

describe('a request that fails', () => {
  it('ends the pass with the answer, and the next pass completes what is missing', async () => {
    const api = createFakeApi();
    deployConfiguration(api);
    api.before = (method, path) => {
      if (method === 'PATCH' && path === CONFIGURATION) throw new ApiError(500, 'etcd is away');
    };
    await expect(pass(api, START)).rejects.toMatchObject({ status: 500 });
    expect(api.secret('cert')['tls.crt']).toBe('');
    api.before = () => undefined;
    expect(await pass(api, START)).toMatchObject({
      authority: 'keep',
      leaf: 'unusable',
      trust: 'written',
    });
    expect(apiServerTrusts(api)).toBe(true);
  });
});
