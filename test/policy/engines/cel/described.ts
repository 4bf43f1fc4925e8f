/** A pair on which the engines differ, to be read and kept. */
import { stringify } from 'yaml';
import type { Judged } from './judge';

export function described({ policy, request, expected, actual }: Judged): string {
  return [
    'The API server and the reference differ.',
    ...['# policy', stringify(policy), '# request', stringify(request)],
    stringify({ expected, actual }),
  ].join('\n');
}
