/** Puts one of this project's programs into a pod: as an image, or as the Node image and a ConfigMap with the code. */
import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NAMESPACES } from '../../base/names';
import { VERSIONS } from '../../base/versions';
import { SERVER_FLAGS } from '../../programs/shared-flags';
import { imageReference } from './image-reference';
import { platformMetadata } from './labels';

/** Ports of every program, for probes and for metrics. */
export const PROGRAM_PORTS = {
  health: SERVER_FLAGS['health-port'].default,
  metrics: SERVER_FLAGS['metrics-port'].default,
} as const;

const CODE_DIRECTORY = '/app';
const HASH_DIGITS = 10;

export interface ProgramProps {
  /** Component the program belongs to; the ConfigMap is `<component>-code-<hash>`. */
  readonly component: string;
  /** @default gatekeeper-system */
  readonly namespace?: string;
  /** File name under /app. */
  readonly file: string;
  readonly source: string;
  /** An image with the program, in place of the official Node image. @default none */
  readonly image?: string | undefined;
  /** Digest that additionally pins the official Node image. @default none */
  readonly nodeImageDigest?: string | undefined;
}

/** The parts of a pod that mount a program and start it. */
export interface Program {
  readonly image: string;
  readonly command: string[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

/**
 * Makes `props.source` runnable. With the official Node image the code is an immutable ConfigMap named by its hash: new code has a new
 * name and therefore rolls out, and the code of a running pod never changes.
 */
export function program(scope: Construct, props: ProgramProps): Program {
  const command = ['node', `${CODE_DIRECTORY}/${props.file}`];
  if (props.image !== undefined) {
    return { image: props.image, command, volumes: [], volumeMounts: [] };
  }
  const name = `${props.component}-code-${contentHash(props.source)}`;
  new k8s.KubeConfigMap(scope, 'Code', {
    metadata: platformMetadata(props.component, {
      name,
      namespace: props.namespace ?? NAMESPACES.gatekeeper,
    }),
    immutable: true,
    data: { [props.file]: props.source },
  });
  return {
    image: imageReference({
      repository: 'docker.io/library/node',
      tag: VERSIONS.nodeImage,
      digest: props.nodeImageDigest,
    }),
    command,
    volumes: [{ name: 'code', configMap: { name } }],
    volumeMounts: [{ name: 'code', mountPath: CODE_DIRECTORY, readOnly: true }],
  };
}

function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS);
}
