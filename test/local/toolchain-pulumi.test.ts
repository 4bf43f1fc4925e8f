import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { goBinary, type GoProgram } from '../../local/toolchain/binaries';
import { LANGUAGE_HOST, PROVIDER, PULUMI, resolvePulumi } from '../../local/toolchain/pulumi';
import packageJson from '../../package.json';
import { VERSIONS } from '../../base/versions';
import { makeScratch, type Scratch } from './scratch';

const SDK_OF_PROVIDER = packageJson.dependencies['@pulumi/kubernetes'];

describe('pins', () => {
  const goMod = ({ moduleDir }: GoProgram): string =>
    readFileSync(join(moduleDir, 'go.mod'), 'utf8');

  test.each([
    ['github.com/pulumi/pulumi/pkg/v3', VERSIONS.pulumi, PULUMI],
    ['github.com/pulumi/pulumi-kubernetes/provider/v4', VERSIONS.pulumiKubernetes, PROVIDER],
    ['github.com/pulumi/pulumi/sdk/v3', VERSIONS.pulumiLanguageHost, LANGUAGE_HOST],
  ])('go.mod requires %s at %s, which base/versions.ts says', (module, version, program) => {
    const required = new RegExp(`^(?:require |\\t)${module} (\\S+)`, 'm').exec(goMod(program));
    expect(required?.[1]).toBe(version);
  });

  test.each([PULUMI, LANGUAGE_HOST])('$name is a tool of its go.mod', (program) => {
    expect(goMod(program)).toContain(`\ntool ${program.package}\n`);
  });

  test('the CLI is of the version of the SDK that talks to it', () => {
    expect(VERSIONS.pulumi).toBe(`v${packageJson.dependencies['@pulumi/pulumi']}`);
  });
});

describe('where the programs come from', () => {
  const environment = { ...process.env };
  let scratch: Scratch;
  let path: string;
  let home: string;

  beforeEach(() => {
    scratch = makeScratch();
    path = join(scratch.folder, 'path');
    home = join(scratch.folder, 'home');
    process.env.SECURE_AI_CACHE = join(scratch.folder, 'cache');
    process.env.SECURE_AI_DOWNLOAD = 'off';
  });

  afterEach(() => {
    process.env = { ...environment };
    scratch.remove();
  });

  const resolve = (build = false) =>
    resolvePulumi({ build, env: { PATH: `/nonexistent:${path}`, PULUMI_HOME: home } });

  const script = (file: string, text: string): string => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  const cache = (program: GoProgram): Promise<string> =>
    goBinary(program, { fetch: (target) => Promise.resolve(script(target, '') !== '') });

  const pluginOf = (version: string): string =>
    script(join(home, 'plugins', `resource-kubernetes-v${version}`, PROVIDER.name), '');

  test('where there are none, nothing is resolved and nothing is made', async () => {
    process.env.PATH = '/nonexistent';
    expect(await resolve()).toBeUndefined();
  });

  test('to make them takes Go, and its absence is reported', async () => {
    process.env.PATH = '/nonexistent';
    await expect(resolve(true)).rejects.toMatchObject({
      code: 'TOOLCHAIN_NO_GO',
      problems: [{ path: PULUMI.package }],
    });
  });

  test.each([
    ['the CLI', PULUMI],
    ['the provider', PROVIDER],
  ])('%s alone is not enough', async (_, program) => {
    await cache(program);
    expect(await resolve()).toBeUndefined();
  });

  test('what was made before is used', async () => {
    const [pulumi, provider] = [await cache(PULUMI), await cache(PROVIDER)];
    expect(await resolve()).toEqual({ pulumi, providerFolder: dirname(provider) });
  });

  test('what was made before is not made again', async () => {
    const [pulumi, provider] = [await cache(PULUMI), await cache(PROVIDER)];
    process.env.PATH = '/nonexistent';
    expect(await resolve(true)).toEqual({ pulumi, providerFolder: dirname(provider) });
  });

  describe('an installed CLI', () => {
    beforeEach(async () => {
      await cache(PULUMI);
      await cache(PROVIDER);
    });

    test.each([
      ['of the version of the SDK', VERSIONS.pulumi, true],
      ['with a newer minor version', 'v3.1000.0', true],
      ['with an older one', 'v3.99.9', false],
      ['of another major version', 'v4.248.0', false],
      ['without a version', '', false],
    ])('%s (%s): %s', async (_, version, used) => {
      const installed = script(join(path, 'pulumi'), `[ "$1" = version ] && echo ${version}`);
      const resolved = await resolve();
      expect(resolved).toBeDefined();
      expect(resolved?.pulumi === installed).toBe(used);
    });

    test('that fails is passed by', async () => {
      const installed = script(join(path, 'pulumi'), `echo ${VERSIONS.pulumi}; exit 1`);
      expect((await resolve())?.pulumi).not.toBe(installed);
    });
  });

  describe('an installed provider', () => {
    let cached: string;

    beforeEach(async () => {
      await cache(PULUMI);
      cached = await cache(PROVIDER);
    });

    test('of the version of the SDK is used before the one that was built', async () => {
      const plugin = pluginOf(SDK_OF_PROVIDER);
      expect((await resolve())?.providerFolder).toBe(dirname(plugin));
    });

    test('of another version is not, because the engine would not take it', async () => {
      pluginOf('4.99.0');
      expect((await resolve())?.providerFolder).toBe(dirname(cached));
    });

    test('on PATH comes first, as for the engine', async () => {
      pluginOf(SDK_OF_PROVIDER);
      script(join(path, PROVIDER.name), '');
      expect((await resolve())?.providerFolder).toBe(path);
    });
  });
});
