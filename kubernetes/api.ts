/** The few generic operations the platform needs of a Kubernetes API server. `client.ts` implements them; tests pass their own. */
import type { KubernetesObject, ObjectReference } from './object';

/** A kind as the server serves it (discovery, `APIResource` of meta/v1). */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural name in the URL. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface ListQuery {
  readonly apiVersion: string;
  readonly kind: string;
  /** @default every namespace */
  readonly namespace?: string;
  /** @default every object */
  readonly labelSelector?: string;
}

/** A path of one Service's HTTPS port. */
export interface ServiceTarget {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
}

interface WriteOptions {
  /** All of admission runs, nothing is stored. @default false */
  readonly dryRun?: boolean;
}

export interface Applied {
  readonly object: KubernetesObject;
  readonly outcome: 'created' | 'configured' | 'unchanged';
}

/** Every operation throws `ApiError` when the server refuses it or cannot be reached. */
export interface KubernetesApi {
  /** Base URL of the server. */
  readonly server: string;
  /** Version of the server, such as `v1.36.3`. */
  version(): Promise<string>;
  /** How the server serves a kind, or undefined if it does not (yet). */
  resourceType(apiVersion: string, kind: string): Promise<ResourceType | undefined>;
  /**
   * The kinds the server serves, in each group's preferred version.
   *
   * @param groups only these, the empty string for the core group. @default every group
   */
  resourceTypes(groups?: ReadonlySet<string>): Promise<readonly ResourceType[]>;
  /** The object, or undefined if it does not exist or its kind is not served. */
  get(reference: ObjectReference): Promise<KubernetesObject | undefined>;
  /** The objects; none where the kind is not served. */
  list(query: ListQuery): Promise<readonly KubernetesObject[]>;
  /** Server-side apply as field manager `secure-ai-sandbox`, taking over the fields the manifest states. */
  apply(manifest: KubernetesObject): Promise<Applied>;
  create(manifest: KubernetesObject, options?: WriteOptions): Promise<KubernetesObject>;
  /** JSON merge patch (RFC 7386). */
  patch(reference: ObjectReference, patch: unknown): Promise<KubernetesObject>;
  /** Deletes in the background; an object that does not exist is no error. */
  delete(reference: ObjectReference): Promise<void>;
  /** What the pod's first container has written so far. */
  logs(namespace: string, pod: string): Promise<string>;
  /**
   * POSTs JSON to a Service over HTTPS through the API server's proxy, which does not check the Service's certificate;
   * needs `create` on `services/proxy`. The answer's JSON.
   */
  postToService(service: ServiceTarget, body: unknown): Promise<unknown>;
  /** The kubelet's own metrics in Prometheus text format; needs `get` on `nodes/proxy`. */
  kubeletMetrics(node: string): Promise<string>;
}

/** What the server answered when it refused: its `Status` object (meta/v1), reduced; status 0 when it could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** HTTP status, 0 when no answer came. */
    readonly status: number,
    /** Machine-readable reason of the server, such as `Forbidden`; empty when it gave none. */
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether a retry may help: no answer, a conflict, too many requests, or a fault of the server or of a webhook it called. */
  get transient(): boolean {
    // A manifest with an unknown field is answered with 500 (kube-apiserver 1.36.3, structured-merge-diff).
    if (this.message.startsWith('failed to create typed patch object')) return false;
    return this.status === 0 || this.status === 409 || this.status === 429 || this.status >= 500;
  }

  /** The request changes an immutable field of the object. */
  get immutable(): boolean {
    return (
      this.status === 422 &&
      /immutable|may not be changed|cannot change roleRef/i.test(this.message)
    );
  }
}

/**
 * The webhook that denied a request, from the message of the server's answer; undefined if no webhook did.
 * @see k8s.io/apiserver v0.36.3, pkg/admission/plugin/webhook/errors, ToStatusErr
 */
export function denyingWebhook(message: string): string | undefined {
  return /admission webhook "([^"]+)" denied the request/.exec(message)?.[1];
}
