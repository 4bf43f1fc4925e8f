/** Pods the tests create, and what admission made of them. */
import { stringAt, valueAt } from '../../../kubernetes/object';
import { DECISION_ANNOTATION, RUNTIME_LABEL } from '../../../base/names';
import type { Answer } from './api-server';
import type { Platform } from './platform';

export interface PodOptions {
  readonly namespace: string;
  /** @default probe */
  readonly name?: string;
  /** Value of the runtime label. @default no label */
  readonly label?: string;
  /** Besides the runtime label. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly runtimeClassName?: string;
  /** @default busybox */
  readonly image?: string;
  /** Of the container. @default main */
  readonly container?: string;
  /** Request, a Kubernetes quantity. @default none */
  readonly cpu?: string;
}

/** A pod with one container, of Pod Security level `restricted`, which asks for no token and ends at once when deleted. */
export function pod({ namespace, name = 'probe', label, cpu, ...options }: PodOptions) {
  const labels = { ...options.labels, ...(label !== undefined && { [RUNTIME_LABEL]: label }) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels, annotations: { ...options.annotations } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      ...(options.runtimeClassName !== undefined && { runtimeClassName: options.runtimeClassName }),
      containers: [
        {
          name: options.container ?? 'main',
          image: options.image ?? 'busybox',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          ...(cpu !== undefined && { resources: { requests: { cpu } } }),
        },
      ],
    },
  };
}

interface Named {
  readonly metadata: { readonly namespace: string };
}

/** All of admission, nothing stored. */
export function tryPod({ server }: Platform, body: Named): Promise<Answer> {
  return server.send({ method: 'POST', path: `${podsOf(body)}?dryRun=All`, body });
}

export function createPod({ server }: Platform, body: Named): Promise<Answer> {
  return server.send({ method: 'POST', path: podsOf(body), body });
}

function podsOf({ metadata }: Named): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods`;
}

/** What admission leaves on a pod it admits. */
export interface Sandbox {
  /** Value of the runtime label. */
  readonly label: string | undefined;
  readonly runtimeClassName: string | undefined;
  /** The decision annotation, without the policy's hash. */
  readonly decision:
    | { readonly runtime: string; readonly source: string; readonly rules: readonly string[] }
    | undefined;
}

/** @throws Error with the API server's message where the pod was refused */
export function sandboxOf({ status, body }: Answer): Sandbox {
  if (status !== 201 && status !== 200) throw new Error(`refused: ${messageOf(body)}`);
  const annotation = stringAt(body, 'metadata', 'annotations', DECISION_ANNOTATION);
  return {
    label: stringAt(body, 'metadata', 'labels', RUNTIME_LABEL),
    runtimeClassName: stringAt(body, 'spec', 'runtimeClassName'),
    decision: annotation === undefined ? undefined : withoutPolicy(annotation),
  };
}

function withoutPolicy(annotation: string): NonNullable<Sandbox['decision']> {
  const { runtime, source, rules } = JSON.parse(annotation) as NonNullable<Sandbox['decision']>;
  return { runtime, source, rules };
}

/** Name of the webhook that refused, and its own words; undefined where it was none, or the pod was admitted. */
export function refusalOf({ status, body }: Answer): { by: string; message: string } | undefined {
  const denial = /^admission webhook "([^"]+)" denied the request: (.*)$/s.exec(messageOf(body));
  return status !== 403 || denial === null
    ? undefined
    : { by: denial[1] ?? '', message: denial[2] ?? '' };
}

/** The message of a refusal; the pod's name where it was admitted, which no expected message is equal to. */
export function messageOf(body: Answer['body']): string {
  return stringAt(body, 'message') ?? `admitted ${String(valueAt(body, 'metadata', 'name'))}`;
}
