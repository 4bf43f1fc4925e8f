import { App, Chart } from 'cdk8s';
import { Gatekeeper, type GatekeeperProps } from '../../../constructs/gatekeeper';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** `Kind/name`, which is unique within the installation. */
export function identity({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

export function byIdentity(manifests: readonly Manifest[]): Map<string, Manifest> {
  return new Map(manifests.map((manifest) => [identity(manifest), manifest]));
}

export function gatekeeper(props?: GatekeeperProps): { chart: Chart; construct: Gatekeeper } {
  const chart = new Chart(new App(), 'chart', { disableResourceNameHashes: true });
  return { chart, construct: new Gatekeeper(chart, 'Gatekeeper', props) };
}

export function synthesize(props?: GatekeeperProps): Manifest[] {
  return gatekeeper(props).chart.toJson() as Manifest[];
}
