/**
 * Pairs of policy and pod on which engines once differed, or easily could: `corpus/<case>.policy.yaml` and `corpus/<case>.pod.yaml`.
 * Every engine replays them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parsePolicy } from '../../policy/model/define';
import type { RuntimePolicy } from '../../policy/model/runtime-policy';

interface CorpusCase {
  readonly name: string;
  readonly policy: RuntimePolicy;
  readonly pod: { readonly metadata: { readonly namespace: string } };
}

const FOLDER = join(__dirname, 'corpus');
const POLICY = '.policy.yaml';

/** Throws where one of two files is missing or is no policy. */
export function corpus(): readonly CorpusCase[] {
  const read = (file: string): unknown => parse(readFileSync(join(FOLDER, file), 'utf8'));
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(POLICY))
    .map((file) => file.slice(0, -POLICY.length))
    .sort()
    .map((name) => ({
      name,
      policy: parsePolicy(read(name + POLICY)),
      pod: read(`${name}.pod.yaml`) as CorpusCase['pod'],
    }));
}
