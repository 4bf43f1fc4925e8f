/** The policy of the documentation, and pods for it. */
import { definePolicy } from '../../policy/model/define';
import type { RuntimePolicyInput } from '../../policy/model/runtime-policy';
import type { PodLike } from '../../policy/pod/pod';

export const CONTEXT = { namespace: 'ai-production' };

/** Of the runtime `kata` of `EXAMPLE`. */
export const KATA_HANDLER = 'kata-qemu-runtime-rs';

export const EXAMPLE: RuntimePolicyInput = {
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata', handler: KATA_HANDLER },
  ],
  rules: [
    {
      name: 'high_compute',
      when: {
        container: { image: { contains: 'pytorch' } },
        pod: { requests: { cpu: { gt: '4' } } },
      },
      runtime: 'kata',
    },
    {
      name: 'light_model',
      when: {
        container: { image: { contains: 'scikit' } },
        pod: { requests: { cpu: { lt: '1' } } },
      },
      runtime: 'gvisor',
    },
  ],
  required: [{ namespaces: ['ai-production'], container: 'ai-model', runtime: 'kata' }],
};

export const examplePolicy = definePolicy(EXAMPLE);

export interface PodOptions {
  readonly label?: string;
  readonly class?: string;
  readonly annotation?: string;
  readonly image?: string;
  readonly cpu?: string;
  readonly container?: string;
}

/** A pod named `demo` with one container. */
export function makePod(options: PodOptions = {}): PodLike {
  const { label, annotation, image = 'nginx', cpu, container = 'main' } = options;
  return {
    metadata: {
      name: 'demo',
      ...(label === undefined ? {} : { labels: { 'secure-ai.io/runtime': label } }),
      ...(annotation === undefined ? {} : { annotations: { 'secure-ai.io/decision': annotation } }),
    },
    spec: {
      ...(options.class === undefined ? {} : { runtimeClassName: options.class }),
      containers: [
        {
          name: container,
          image,
          ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }),
        },
      ],
    },
  };
}
