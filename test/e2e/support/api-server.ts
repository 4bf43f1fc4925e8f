/** Requests to the API server whose refusals are answers, not errors: tests look at both. */
import { loadKubeConfig } from '../../../kubernetes/kubeconfig';
import { createTransport, readAll, type ApiRequest } from '../../../kubernetes/request';

export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  /** The object, or a `Status` that says why not. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Texts of the `Warning` headers (RFC 7234, 5.5), in which webhooks speak to the caller. */
  readonly warnings: readonly string[];
}

export interface ApiServer {
  /** Rejects only where no answer comes. */
  send(request: ApiRequest): Promise<Answer>;
  close(): void;
}

/**
 * @param kubeconfig path of one that `secure-ai up` wrote
 * @param token whose requests they are. @default those of the kubeconfig's user
 */
export async function connectApiServer(kubeconfig: string, token?: string): Promise<ApiServer> {
  const { config, server } = await loadKubeConfig({ kubeconfig });
  const cluster = config.getCurrentCluster();
  if (token !== undefined && cluster !== null)
    config.loadFromClusterAndUser(cluster, { name: 'token', token });
  const transport = createTransport({ config, server });
  return {
    send: async (request) => {
      const response = await transport.open(request);
      const { status, text } = await readAll(response);
      return {
        status,
        body: JSON.parse(text) as Answer['body'],
        warnings: (response.headersDistinct['warning'] ?? []).map(warningText),
      };
    },
    close: () => transport.close(),
  };
}

/** `299 - "text"`, with quotes and backslashes escaped (apimachinery pkg/util/net, NewWarningHeader). */
function warningText(header: string): string {
  const quoted = /^299 \S+ "(.*)"$/s.exec(header)?.[1] ?? header;
  return quoted.replace(/\\(.)/gs, '$1');
}
