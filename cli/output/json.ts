/** Results as JSON. */
import type { Session } from '../options';

/** One JSON document on stdout, for machines. */
export function printJson({ stdout }: Session, value: object): void {
  stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
