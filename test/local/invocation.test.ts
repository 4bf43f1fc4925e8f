import fc from 'fast-check';
import { hostImage } from '../../local/host-pods/images';
import { expandVariables, hostArguments, moveMounts } from '../../local/host-pods/invocation';
import type { Container } from '../../local/host-pods/objects';

describe('variables', () => {
  const env = { POD_NAME: 'web-0', EMPTY: '' };

  test.each([
    ['k8s.pod.name=$(POD_NAME),x', 'k8s.pod.name=web-0,x'],
    ['[$(EMPTY)]', '[]'],
    ['$(MISSING)', '$(MISSING)'],
    ['$$(POD_NAME)', '$(POD_NAME)'],
    ['$(toString)', '$(toString)'],
    ['$POD_NAME', '$POD_NAME'],
  ])('%s is %s', (text, expanded) => {
    expect(expandVariables(text, env)).toBe(expanded);
  });
});

describe('mounted paths', () => {
  const mounts = new Map([
    ['/etc/app', '/host/app'],
    ['/etc/app/cert', '/host/cert'],
  ]);

  test.each([
    ['/etc/app/x.json', '/host/app/x.json'],
    ['--cert-dir=/etc/app/cert', '--cert-dir=/host/cert'],
    ['/etc/app/cert/tls.crt:/etc/app', '/host/cert/tls.crt:/host/app'],
    ['/etc/application', '/etc/application'],
    ['/var/etc/app', '/var/etc/app'],
  ])('%s is %s', (text, moved) => {
    expect(moveMounts(text, mounts)).toBe(moved);
  });

  test('a text without a mount in it stays as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('/etc/app'));
        expect(moveMounts(text, mounts)).toBe(text);
      }),
    );
  });
});

describe('images', () => {
  test.each([
    ['openpolicyagent/gatekeeper:v3.23.1', 'gatekeeper'],
    ['docker.io/library/node:24.11.1-bookworm-slim', 'node'],
    ['node', 'node'],
    ['quay.io/openpolicyagent/gatekeeper:v3.23.1', undefined],
    ['registry.example/node', undefined],
    ['not an image', undefined],
  ])('%s runs as %s', (image, program) => {
    expect(hostImage(image)?.program).toBe(program);
  });
});

describe('arguments', () => {
  const argumentsOf = (
    container: Omit<Container, 'name'>,
    ports: [number, number][],
    mounts: [string, string][],
  ) => {
    const image = hostImage(container.image);
    if (image === undefined) throw new Error('no such image');
    const places = { mounts: new Map(mounts), ports: new Map(ports) };
    return hostArguments({ name: 'main', ...container }, image, {}, places);
  };

  test('Gatekeeper gets host ports and folders for its flags and for the defaults it uses', () => {
    const args = argumentsOf(
      {
        image: 'openpolicyagent/gatekeeper:v3.23.1',
        command: ['/manager'],
        args: ['--port=8443', '--logtostderr', '--operation=webhook'],
      },
      [
        [8443, 40001],
        [8888, 40002],
        [9090, 40003],
      ],
      [['/certs', '/host/cert']],
    );
    expect(args).toEqual([
      '--port=40001',
      '--logtostderr',
      '--operation=webhook',
      '--prometheus-port=40002',
      '--health-addr=:40003',
      '--cert-dir=/host/cert',
    ]);
  });

  test('flags whose value is the next argument are found, however many dashes they have', () => {
    const image = 'openpolicyagent/gatekeeper:v3.23.1';
    expect(
      argumentsOf(
        { image, args: ['-port', '8443', '-health-addr=:9090'] },
        [
          [8443, 40001],
          [9090, 40003],
        ],
        [],
      ),
    ).toEqual(['-port', '40001', '-health-addr=:40003']);
  });

  test('a Node.js program keeps its script and what is not a place', () => {
    const args = argumentsOf(
      {
        image: 'docker.io/library/node:24.11.1-bookworm-slim',
        command: ['node', '/app/webhook.js'],
        args: [
          '--policy-file=/etc/mutator/policy/policy.json',
          '--port=8443',
          '--drain-seconds=15',
        ],
      },
      [[8443, 40001]],
      [
        ['/app', '/host/code'],
        ['/etc/mutator/policy', '/host/policy'],
      ],
    );
    expect(args).toEqual([
      '/host/code/webhook.js',
      '--policy-file=/host/policy/policy.json',
      '--port=40001',
      '--drain-seconds=15',
    ]);
  });

  test('the ServiceAccount folder is passed on only where the pod has one', () => {
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(argumentsOf({ image: 'node', args: ['x.js'] }, [], [[folder, '/host/sa']])).toEqual([
      'x.js',
      '--service-account-dir=/host/sa',
    ]);
    expect(argumentsOf({ image: 'node', args: ['x.js'] }, [], [])).toEqual(['x.js']);
  });
});
