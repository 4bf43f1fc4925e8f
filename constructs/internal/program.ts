/** How a program of ours gets into a pod: an image, and where that image is not our own, a ConfigMap with the code. */
import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NAMESPACES } from '../../base/names';
import { VERSIONS } from '../../base/versions';
import { platformLabels } from './labels';

/** Ports every program of ours serves besides its work, as the programs' own defaults are: probes and metrics, each by itself. */
export const PROGRAM_PORTS = { health: 9090, metrics: 9091 } as const;

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
  /** An image that has the program, in place of the official Node image. @default none */
  readonly image?: string | undefined;
  /** Digest that pins the official Node image further. @default none */
  readonly nodeImageDigest?: string | undefined;
}

/** The parts of a pod that bring a program in and start it. */
export interface Program {
  readonly image: string;
  readonly command: string[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

/**
 * Makes `props.source` runnable. With the official Node image the code is an immutable ConfigMap named by its hash, so
 * new code is a new name and rolls the Deployment, and a pod can never see code change under it.
 */
export function program(scope: Construct, props: ProgramProps): Program {
  const command = ['node', `${CODE_DIRECTORY}/${props.file}`];
  if (props.image !== undefined) {
    return { image: props.image, command, volumes: [], volumeMounts: [] };
  }
  const name = `${props.component}-code-${contentHash(props.source)}`;
  new k8s.KubeConfigMap(scope, 'Code', {
    metadata: {
      name,
      namespace: props.namespace ?? NAMESPACES.gatekeeper,
      labels: platformLabels(props.component),
    },
    immutable: true,
    data: { [props.file]: props.source },
  });
  return {
    image: nodeImage(props.nodeImageDigest),
    command,
    volumes: [{ name: 'code', configMap: { name } }],
    volumeMounts: [{ name: 'code', mountPath: CODE_DIRECTORY, readOnly: true }],
  };
}

function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, HASH_DIGITS);
}

function nodeImage(digest: string | undefined): string {
  const tagged = `docker.io/library/node:${VERSIONS.nodeImage}`;
  return digest === undefined ? tagged : `${tagged}@${digest}`;
}
