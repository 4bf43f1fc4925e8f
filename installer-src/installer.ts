/**
 * The gVisor node installer, `node installer.js VERB`. docs/gvisor-installer.md describes what it does to a node, and why.
 *
 * Exit code 0 after SIGTERM, SIGINT, `--once` or `uninstall`; 2 for a usage error; 3 with a code `GVISOR_…` for a fault of the host;
 * 1 for every unexpected error.
 */
import { SHARED_ERRORS, SandboxError } from '../base/errors';
import { command, runProgram, type Command } from '../programs/program';
import { createLog } from '../programs/telemetry/log';
import { INSTALL_FLAGS, UNINSTALL_FLAGS } from './install/flags';
import { install, uninstall } from './install/install';
import { LABEL_FLAGS } from './label/flags';
import { label } from './label/label';

const [verb, ...argv] = process.argv.slice(2);
const log = createLog(`gvisor-${verb}`, () => undefined);

const VERBS: ReadonlyMap<string | undefined, Command> = new Map([
  [
    'install',
    command({
      usage: 'node installer.js install',
      summary:
        'Keeps gVisor installed on the host. Needs the file system of the host, and no token.',
      flags: INSTALL_FLAGS,
      run: (flags) => install(log, flags),
    }),
  ],
  [
    'uninstall',
    command({
      usage: 'node installer.js uninstall',
      summary: 'Removes gVisor from the host.',
      flags: UNINSTALL_FLAGS,
      run: (flags) => uninstall(log, flags),
    }),
  ],
  [
    'label',
    command({
      usage: 'node installer.js label',
      summary: 'Labels the node while it runs gVisor. Needs a token, and no access to the host.',
      flags: LABEL_FLAGS,
      run: (flags) => label(log, flags),
    }),
  ],
]);

runProgram(log, async () => {
  if (verb === '--help') {
    process.stdout.write([...VERBS.values()].map(({ help }) => help).join('\n'));
    return;
  }
  const found = VERBS.get(verb);
  if (found === undefined) {
    throw new SandboxError(SHARED_ERRORS.USAGE_INVALID, [
      {
        path: verb ?? 'VERB',
        reason: 'is not a verb of this program',
        fix: `use one of ${[...VERBS.keys()].join(', ')}`,
      },
    ]);
  }
  await found.run(argv);
});
