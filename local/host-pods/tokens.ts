/** ServiceAccount tokens of host pods, requested and renewed. */
import type { PathApi } from '../../kubernetes/by-path';
import type { Pod, TokenSource } from './objects';
import { tokenSources } from './volumes';

/** A token is renewed after this fraction of its lifetime (pkg/kubelet/token/token_manager.go, v1.36.3). */
const RENEW_AFTER = 0.8;

const DEFAULT_EXPIRATION_SECONDS = 3600;

interface Token {
  readonly text: string;
  readonly renewAt: number;
}

interface TokenRequest {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

/**
 * The ServiceAccount tokens of a pod, requested by TokenRequest and bound to the pod: they allow what the RBAC of its
 * ServiceAccount allows, and nothing after the pod is deleted.
 */
export class ServiceAccountTokens {
  readonly #client: PathApi;
  readonly #pod: Pod;
  readonly #onDue: () => void;
  readonly #tokens = new Map<string, Token>();
  #timer: NodeJS.Timeout | undefined;

  /** `onDue` is called when a token should be renewed with `refresh`. */
  constructor(client: PathApi, pod: Pod, onDue: () => void) {
    this.#client = client;
    this.#pod = pod;
    this.#onDue = onDue;
  }

  readonly get = (source: TokenSource): string => this.#tokens.get(keyOf(source))?.text ?? '';

  /** Requests tokens that are missing or due for renewal. */
  async refresh(): Promise<void> {
    for (const source of tokenSources(this.#pod)) {
      const present = this.#tokens.get(keyOf(source));
      if (present && present.renewAt > Date.now()) continue;
      this.#tokens.set(keyOf(source), await this.#request(source));
    }
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #request({
    audience,
    expirationSeconds = DEFAULT_EXPIRATION_SECONDS,
  }: TokenSource): Promise<Token> {
    const { namespace, name, uid } = this.#pod.metadata;
    const account = this.#pod.spec.serviceAccountName ?? 'default';
    const { status } = await this.#client.create<TokenRequest>(
      `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          audiences: audience === undefined ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
    );
    const life = Date.parse(status.expirationTimestamp) - Date.now();
    return { text: status.token, renewAt: Date.now() + life * RENEW_AFTER };
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const due = Math.min(...[...this.#tokens.values()].map(({ renewAt }) => renewAt));
    if (Number.isFinite(due))
      this.#timer = setTimeout(this.#onDue, Math.max(due - Date.now(), 1_000));
  }
}

function keyOf({
  audience = '',
  expirationSeconds = DEFAULT_EXPIRATION_SECONDS,
}: TokenSource): string {
  return `${expirationSeconds} ${audience}`;
}
