/** Namespaces of this name need Kata, and all others gVisor or better. */
import type { Recipe } from './recipe';

export default {
  rules: [
    {
      name: 'untrusted_team',
      title: 'a namespace of an untrusted team',
      when: { pod: { namespace: 'untrusted-*' } },
      runtime: 'kata',
    },
  ],
  unlabelled: { assign: 'gvisor' },
} satisfies Recipe;
