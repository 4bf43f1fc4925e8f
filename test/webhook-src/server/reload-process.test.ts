/** Certificates and policies that change under traffic, asked of the real program. */
import { renameSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { makeAuthority, makeCertificate, type Pair } from '../../fixtures/certificates';
import { POLICY, projectCertificate, run, type Running } from '../../fixtures/running-webhook';
import { health, metric, metricsText, post, review } from '../../fixtures/webhook-calls';

const PYTORCH = {
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c', image: 'pytorch/x' }] },
};

const SLOW_HEAD =
  'POST /v1/mutate HTTP/1.1\r\nhost: w\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n';

/** Serial number of the certificate a new connection is shown. */
function served(server: Running): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port: server.port, rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.once('error', reject);
  });
}

function replacePolicy(server: Running, policy: unknown): void {
  writeFileSync(
    `${server.policyFile}.new`,
    typeof policy === 'string' ? policy : JSON.stringify(policy),
  );
  renameSync(`${server.policyFile}.new`, server.policyFile);
}

function loaded(server: Running, what: string): Promise<unknown> {
  return server.line((line) => line.msg === 'loaded' && line['what'] === what, server.lines.length);
}

function refused(server: Running, what: string): ReturnType<Running['line']> {
  return server.line(
    (line) => line['level'] === 'error' && line['what'] === what,
    server.lines.length,
  );
}

/** Asks without pause on a few kept connections until stopped; every answer must be a good one. */
function traffic(server: Running): { stop(): Promise<number> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ca: server.authority.certificate });
  let going = true;
  let answers = 0;
  async function client(): Promise<void> {
    while (going) {
      // Every fifth on a new connection, which has to agree with the certificate of the moment.
      const { status, body } = await post(server, {
        body: review(PYTORCH),
        ...(answers % 5 === 0 ? {} : { agent }),
      });
      if (status !== 200 || !body.includes('"allowed":true')) throw new Error(`${status} ${body}`);
      answers += 1;
    }
  }
  const clients = Promise.all([client(), client(), client(), client()]);
  // Kept for stop(); a failure in between is not unhandled.
  clients.catch(() => undefined);
  return {
    async stop() {
      going = false;
      await clients;
      agent.destroy();
      return answers;
    },
  };
}

let server: Running;
afterEach(() => server.stop());

describe('the certificate', () => {
  it('is swapped 20 times under traffic, and no request is lost', async () => {
    server = await run();
    const load = traffic(server);
    const serials = new Set([await served(server)]);
    for (let swap = 0; swap < 20; swap += 1) {
      const taken = loaded(server, 'certificate');
      projectCertificate(server.certificateDirectory, await makeCertificate({}, server.authority));
      await taken;
      serials.add(await served(server));
    }
    expect(await load.stop()).toBeGreaterThan(20);
    expect(serials.size).toBe(21);
  }, 60_000);

  const bad: readonly (readonly [
    string,
    RegExp,
    (good: Pair, authority: Pair) => Promise<Pair>,
  ])[] = [
    [
      "is not the key's",
      /is not the key of/,
      async (good) => ({ ...good, key: (await makeCertificate()).key }),
    ],
    [
      'is half written',
      /./,
      (good) => Promise.resolve({ ...good, certificate: good.certificate.slice(0, 200) }),
    ],
    ['is empty', /./, () => Promise.resolve({ certificate: '', key: '' })],
    [
      'has expired',
      /tls.crt expired/,
      (_good, authority) => makeCertificate({ notAfter: new Date(Date.now() - 1000) }, authority),
    ],
    [
      'is not valid yet',
      /is not valid before/,
      (_good, authority) =>
        makeCertificate(
          {
            notBefore: new Date(Date.now() + 3_600_000),
            notAfter: new Date(Date.now() + 7_200_000),
          },
          authority,
        ),
    ],
  ];

  it.each(bad)(
    'that %s is not taken; the old one stays, and a later good one is taken',
    async (_name, reason, spoil) => {
      server = await run();
      const before = await served(server);
      const complained = refused(server, 'certificate');
      projectCertificate(
        server.certificateDirectory,
        await spoil(await makeCertificate({}, server.authority), server.authority),
      );
      expect((await complained)['reason']).toMatch(reason);
      expect(await served(server)).toBe(before);
      expect(await metric(server, 'secure_ai_mutator_reload_failing{what="certificate"}')).toBe(1);
      expect((await health(server, '/readyz')).status).toBe(200);

      const taken = loaded(server, 'certificate');
      projectCertificate(server.certificateDirectory, await makeCertificate({}, server.authority));
      await taken;
      expect(await served(server)).not.toBe(before);
      expect(await metric(server, 'secure_ai_mutator_reload_failing{what="certificate"}')).toBe(0);
    },
    30_000,
  );

  it('that is missing at the start is waited for', async () => {
    server = await run({ certificate: 'none', until: ['health listening'] });
    const ready = await health(server, '/readyz');
    expect([ready.status, ready.body]).toEqual([
      503,
      expect.stringContaining('[-]certificate: not loaded'),
    ]);
    expect((await health(server, '/healthz')).status).toBe(200);
    const opened = server.line((line) => line.msg === 'listening');
    projectCertificate(server.certificateDirectory, await makeCertificate({}, server.authority));
    const port = (await opened).port ?? 0;
    expect((await post({ port, authority: server.authority }, { body: review() })).status).toBe(
      200,
    );
    expect((await health(server, '/readyz')).status).toBe(200);
  }, 30_000);
});

describe('the policy', () => {
  const decided = async (): Promise<unknown> => {
    const { body } = await post(server, { body: review(PYTORCH) });
    const { patch = '' } = (JSON.parse(body) as { response: { patch?: string } }).response;
    const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as {
      path: string;
      value: unknown;
    }[];
    return operations.find(({ path }) => path === '/spec/runtimeClassName')?.value;
  };

  it('is swapped under traffic, and no request is lost', async () => {
    server = await run();
    expect(await decided()).toBe('kata');
    const load = traffic(server);
    for (let swap = 0; swap < 10; swap += 1) {
      const taken = loaded(server, 'policy');
      replacePolicy(server, {
        ...POLICY,
        rules: [],
        unlabelled: { assign: swap % 2 === 0 ? 'gvisor' : 'kata' },
      });
      await taken;
      expect(await decided()).toBe(swap % 2 === 0 ? 'gvisor' : 'kata');
    }
    expect(await load.stop()).toBeGreaterThan(10);
  }, 60_000);

  it.each([
    ['is not JSON', '{"runtimes":'],
    ['is no policy', { runtimes: [] }],
    ['is empty', ''],
  ])(
    'that %s is not taken; the old one stays',
    async (_name, policy) => {
      server = await run();
      const complained = refused(server, 'policy');
      replacePolicy(server, policy);
      await complained;
      expect(await decided()).toBe('kata');
      expect(await metric(server, 'secure_ai_mutator_reload_failing{what="policy"}')).toBe(1);
      expect((await health(server, '/readyz')).status).toBe(200);
    },
    30_000,
  );

  it('that cannot be used at the start is waited for, and until then reviews are to be sent again', async () => {
    server = await run({ policy: { runtimes: [] } });
    expect((await health(server, '/readyz')).body).toContain('[-]policy: not loaded');
    const answer = await post(server, { body: review() });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    const taken = loaded(server, 'policy');
    replacePolicy(server, POLICY);
    await taken;
    expect((await post(server, { body: review() })).status).toBe(200);
    expect((await health(server, '/readyz')).status).toBe(200);
  }, 30_000);

  it('in use is named by one hash', async () => {
    server = await run();
    const taken = loaded(server, 'policy');
    replacePolicy(server, { ...POLICY, rules: [] });
    await taken;
    const body = await metricsText(server);
    expect(body.match(/^secure_ai_mutator_policy_info\{hash="[0-9a-f]{12}"\} 1$/gm)).toHaveLength(
      1,
    );
  }, 30_000);
});

describe('clients that must prove who they are', () => {
  it('are answered with a certificate of the CA and the name, and refused with 403 without', async () => {
    const clientAuthority = await makeAuthority('clients');
    const stranger = await makeAuthority('clients');
    server = await run({
      clientCa: clientAuthority.certificate,
      flags: ['--client-name=kube-apiserver'],
    });
    const ask = async (client?: Pair): Promise<number> =>
      (await post(server, { body: review(), ...(client === undefined ? {} : { client }) })).status;
    expect(
      await ask(await makeCertificate({ name: 'kube-apiserver', use: 'client' }, clientAuthority)),
    ).toBe(200);
    expect(await ask()).toBe(403);
    expect(
      await ask(await makeCertificate({ name: 'somebody', use: 'client' }, clientAuthority)),
    ).toBe(403);
    expect(
      await ask(await makeCertificate({ name: 'kube-apiserver', use: 'client' }, stranger)),
    ).toBe(403);
    expect(
      await ask(
        await makeCertificate(
          { name: 'kube-apiserver', use: 'client', notAfter: new Date(Date.now() - 1000) },
          clientAuthority,
        ),
      ),
    ).toBe(403);
    expect(
      await ask(await makeCertificate({ name: 'kube-apiserver', use: 'serving' }, clientAuthority)),
    ).toBe(403);
    expect((await health(server, '/readyz')).status).toBe(200);
  }, 30_000);

  it('keep their connections, and get new ones, while a thousand strangers come from the same address', async () => {
    const clientAuthority = await makeAuthority('clients');
    server = await run({ clientCa: clientAuthority.certificate });
    const pair = await makeCertificate({ name: 'kube-apiserver', use: 'client' }, clientAuthority);
    const agent = new Agent({ keepAlive: true, cert: pair.certificate, key: pair.key });
    const kept = new Set<unknown>();
    agent.on('free', (socket) => kept.add(socket));
    const ask = async (options: { agent: Agent } | { client: Pair }): Promise<number> =>
      (await post(server, { body: review(), ...options })).status;
    const ten = (): Promise<number[]> =>
      Promise.all(Array.from({ length: 10 }, () => ask({ agent })));
    const allWell: number[] = Array<number>(10).fill(200);
    expect(await ten()).toEqual(allWell);
    const strangers: Socket[] = [];
    try {
      for (let i = 0; i < 334; i += 1) {
        const to = { host: '127.0.0.1', port: server.port, rejectUnauthorized: false };
        const slow = connect(to);
        slow.write(`${SLOW_HEAD}{`);
        strangers.push(connectTcp(to), connect(to), slow);
      }
      for (const socket of strangers) socket.on('error', () => undefined);
      for (let round = 0; round < 5; round += 1) {
        expect(await ten()).toEqual(allWell);
        expect(await ask({ client: pair })).toBe(200);
      }
      expect(kept.size).toBe(10);
    } finally {
      for (const socket of strangers) socket.destroy();
      agent.destroy();
    }
  }, 60_000);
});

describe('TLS', () => {
  it('below 1.3 is refused, and HTTP/2 is not offered', async () => {
    server = await run();
    const handshake = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(
          { host: '127.0.0.1', port: server.port, ca: server.authority.certificate, ...options },
          () => {
            resolve(`${socket.getProtocol()} ${String(socket.alpnProtocol)}`);
            socket.destroy();
          },
        );
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      });
    expect(await handshake({ ALPNProtocols: ['http/1.1'] })).toBe('TLSv1.3 http/1.1');
    expect(await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1');
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toMatch(/PROTOCOL_VERSION|ECONNRESET/);
  }, 30_000);
});
