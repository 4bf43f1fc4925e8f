/** TypeScript programs of the tests as files that Node runs by itself: much faster to start than through a compiler. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms } from '../../../programs/bundle';
import { newDirectory } from './hosts';

/** @param main path from the project's root */
export function compiled(main: string): string {
  const file = join(newDirectory(), 'program.js');
  writeFileSync(file, bundlePrograms({ program: main }).program);
  return file;
}
