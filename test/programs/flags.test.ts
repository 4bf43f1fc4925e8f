import { SandboxError } from '../../base/errors';
import { argsOf, helpOf, readFlags } from '../../programs/flags';
import { daysFlag, portFlag, secondsFlag, textFlag } from '../../programs/flag-kinds';

const FLAGS = {
  name: { kind: textFlag, description: 'A name.' },
  port: { kind: portFlag, default: 80, description: 'A port.' },
  wait: { kind: secondsFlag(1), default: null, description: 'A time.' },
  life: { kind: daysFlag, default: 1, description: 'A lifetime.' },
  once: { kind: 'switch', description: 'One pass.' },
} as const;

it('reads values, defaults and switches', () => {
  expect(readFlags(FLAGS, ['--name=a', '--wait', '1.5', '--once'])).toEqual({
    name: 'a',
    port: 80,
    wait: 1500,
    life: 86_400_000,
    once: true,
  });
  expect(readFlags(FLAGS, ['--name=a', '--life=0.5'])).toEqual({
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
    readFlags(FLAGS, argv);
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
  expect(() => readFlags(FLAGS, [])).toThrow(/USAGE_INVALID --name: is required/);
});

it('lists every flag with its description and default as help', () => {
  expect(helpOf(FLAGS)).toBe(
    [
      '  --name  A name. [required]',
      '  --port  A port. [default: 80]',
      '  --wait  A time.',
      '  --life  A lifetime. [default: 1]',
      '  --once  One pass.',
      '',
    ].join('\n'),
  );
});

it('writes args that it reads again, in the order given', () => {
  const args = argsOf(FLAGS, { wait: 1.5, name: 'a', port: undefined, once: true });
  expect(args).toEqual(['--wait=1.5', '--name=a', '--once']);
  expect(readFlags(FLAGS, args)).toMatchObject({ wait: 1500, name: 'a', port: 80, once: true });
});

it('takes only args of the table, and all that are required', () => {
  // @ts-expect-error there is no such flag
  argsOf(FLAGS, { name: 'a', nonsense: 'b' });
  // @ts-expect-error `name` is required
  argsOf(FLAGS, { port: 1 });
  // @ts-expect-error a switch takes no value
  argsOf(FLAGS, { name: 'a', once: 'yes' });
});
