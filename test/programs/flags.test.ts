import { SandboxError } from '../../base/errors';
import { daysFlag, portFlag, readFlags, secondsFlag, textFlag } from '../../programs/flags';

const SPECS = {
  name: { kind: textFlag },
  port: { kind: portFlag, otherwise: 80 },
  wait: { kind: secondsFlag(1), otherwise: null },
  life: { kind: daysFlag, otherwise: 86_400_000 },
  once: 'switch',
} as const;

it('reads values, defaults and switches', () => {
  expect(readFlags(SPECS, ['--name=a', '--wait', '1.5', '--once'])).toEqual({
    name: 'a',
    port: 80,
    wait: 1500,
    life: 86_400_000,
    once: true,
  });
  expect(readFlags(SPECS, ['--name=a', '--life=0.5'])).toEqual({
    name: 'a',
    port: 80,
    wait: undefined,
    life: 43_200_000,
    once: false,
  });
});

it('reports every problem at once', () => {
  const argv = [
    '--port=70000',
    '--wait=0',
    '--life=-1',
    '--once=yes',
    'positional',
    '--nonsense',
    '--port=1',
    '--toString=x',
    '--name',
    '--swallowed',
  ];
  let error: unknown;
  try {
    readFlags(SPECS, argv);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(SandboxError);
  const { code, problems } = error as SandboxError;
  expect(code).toBe('USAGE_INVALID');
  expect(problems.map(({ path }) => path).sort()).toEqual(
    [
      '--life',
      '--name',
      '--nonsense',
      '--once',
      '--port',
      '--port',
      '--toString',
      '--wait',
      'positional',
    ].sort(),
  );
});

it('names a required flag that is missing', () => {
  expect(() => readFlags(SPECS, [])).toThrow(/USAGE_INVALID --name: is required/);
});
