/** HANDLER_IS_NO_SANDBOX: runtimes whose handler isolates nothing from the kernel of the node. */
import type { Lint } from './codes';
import type { RuntimePolicy } from '../model/runtime-policy';

/** OCI runtimes that start processes on the kernel of the node: namespaces and cgroups alone. */
const PLAIN_HANDLERS: ReadonlySet<string> = new Set(['runc', 'crun', 'youki', 'runhcs']);

export function runtimeLints({ runtimes }: RuntimePolicy): readonly Lint[] {
  return runtimes.flatMap(({ handler }, index): Lint[] =>
    PLAIN_HANDLERS.has(handler)
      ? [
          {
            code: 'HANDLER_IS_NO_SANDBOX',
            path: `runtimes[${index}].handler`,
            reason: `${handler} runs containers on the kernel of the node`,
            fix: 'name the handler of a sandbox, such as runsc or kata-qemu-runtime-rs',
          },
        ]
      : [],
  );
}
