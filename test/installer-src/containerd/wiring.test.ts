import { planWiring, type FoundConfig } from '../../../installer-src/containerd/wiring';

const PATH = '/etc/containerd/config.toml';
const OWN_IMPORT = '/etc/containerd/conf.d/secure-ai-gvisor*.toml';
const ID = '20260914.0-0123abcd';
const SHIM = `/opt/secure-ai/gvisor/${ID}/containerd-shim-runsc-v1`;

const found = (clean: string | undefined, more: Partial<FoundConfig> = {}): FoundConfig => ({
  path: PATH,
  clean,
  generated: false,
  imported: [],
  majorVersion: 2,
  ...more,
});
const plan = (clean: string | undefined, more: Partial<FoundConfig> = {}) =>
  planWiring(found(clean, more), 'runsc', ID);

test('a drop-in where the configuration imports its directory', () => {
  expect(plan('version = 3\nimports = ["/etc/containerd/conf.d/*.toml"]\n')).toEqual({
    config: undefined,
    dropIn: {
      path: '/etc/containerd/conf.d/secure-ai-gvisor.toml',
      text: `version = 3
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc]
runtime_type = "io.containerd.runsc.v1"
runtime_path = "${SHIM}"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc.options]
TypeUrl = "io.containerd.runsc.v1.options"
ConfigPath = "/opt/secure-ai/gvisor/${ID}/runsc.toml"
`,
    },
  });
});

test.each([
  ['relative to its file', 'conf.d/*.toml', '/etc/containerd/conf.d'],
  [
    'in any directory below',
    '/etc/containerd/config-v3.toml.d/*',
    '/etc/containerd/config-v3.toml.d',
  ],
])('an import %s', (_what, pattern, directory) => {
  const { dropIn, config } = plan(`version = 4\nimports = ["/elsewhere/*.toml", "${pattern}"]\n`);
  expect(dropIn?.path).toBe(`${directory}/secure-ai-gvisor.toml`);
  expect(dropIn?.text).toMatch(/^version = 4\n/);
  expect(config).toBeUndefined();
});

test.each(['/elsewhere/*.toml', '/etc/containerd/conf.d/*.conf', '/etc/containerd/*/x.toml'])(
  'import %s does not take the drop-in in, so one is added',
  (pattern) => {
    const { dropIn, config } = plan(`version = 3\nimports = ["${pattern}"]\n`);
    expect(dropIn?.path).toBe('/etc/containerd/conf.d/secure-ai-gvisor.toml');
    expect(config?.text).toBe(`version = 3\nimports = ["${OWN_IMPORT}", "${pattern}"]\n`);
  },
);

test('imports are added at the top where there are none', () => {
  expect(plan('version = 3\n[debug]\nlevel = "info"').config?.text).toMatch(
    /^# >>> .*\nimports = \["\/etc\/containerd\/conf\.d\/secure-ai-gvisor\*\.toml"\]\n# <<< .*\nversion = 3\n\[debug\]\nlevel = "info"$/,
  );
});

test('imports in a form that cannot be extended are refused', () => {
  expect(() => plan('version = 3\n"imports" = ["/a.toml"]\n')).toThrow(/GVISOR_CONTAINERD_UNKNOWN/);
  expect(() => plan(`version = 3\ndebug.x = """\nimports = [\n"""\n"imports" = []\n`)).toThrow(
    /GVISOR_CONTAINERD_UNKNOWN/,
  );
});

test('version 2 is edited whole, and keeps the runtimes it has', () => {
  const clean = `version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n`;
  const { dropIn, config } = plan(clean, { majorVersion: 1 });
  expect(dropIn).toBeUndefined();
  expect(config?.text.startsWith(clean)).toBe(true);
  expect(config?.text).toContain(
    `[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runsc]\nruntime_type = "io.containerd.runsc.v1"\nruntime_path = "${SHIM}"\n`,
  );
  expect(config?.text.match(/runtimes\.runc\]/g)).toHaveLength(1);
});

test('version 2 without runtimes gets the built-in one stated too, which a table would replace', () => {
  expect(plan('version = 2\n').config?.text).toContain('.containerd.runtimes.runc]\n');
});

test('version 2 whose tables cannot be extended is refused', () => {
  expect(() => plan('version = 2\nplugins = { "io.containerd.grpc.v1.cri" = {} }\n')).toThrow(
    /GVISOR_CONTAINERD_UNKNOWN/,
  );
});

test.each([
  [1, 2],
  [2, 3],
] as const)(
  'without a configuration containerd %i gets one of version %i',
  (majorVersion, version) => {
    const { dropIn, config } = plan(undefined, { majorVersion });
    expect(dropIn).toBeUndefined();
    expect(config?.text).toMatch(new RegExp(`^# >>> .*\\nversion = ${version}\\n`));
    expect(config?.text.includes('runtimes.runc]')).toBe(version === 2);
  },
);

test('a generated configuration is never edited', () => {
  const generated = { generated: true };
  expect(
    plan('version = 3\nimports = ["/etc/containerd/conf.d/*.toml"]\n', generated).config,
  ).toBeUndefined();
  for (const clean of [undefined, 'version = 2\n', 'version = 3\n'])
    expect(() => plan(clean, generated)).toThrow(/GVISOR_CONTAINERD_UNKNOWN/);
});

test('a handler of others is refused, wherever it is defined', () => {
  const drop = {
    path: '/etc/containerd/conf.d/other.toml',
    text: `version = 3\n[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc]\n`,
  };
  expect(() => plan('version = 3\n', { imported: [drop] })).toThrow(
    /^GVISOR_HANDLER_TAKEN \/etc\/containerd\/conf\.d\/other\.toml/,
  );
  expect(() =>
    planWiring(found('version = 3\n', { imported: [drop] }), 'gvisor', ID),
  ).not.toThrow();
});
