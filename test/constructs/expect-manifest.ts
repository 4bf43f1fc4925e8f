/** Reads the objects of a chart in tests: finds one by kind and name and compares part of it. */
import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Manifest } from '../../constructs/internal/manifest-checks';

type Json = Manifest & Record<string, unknown>;

/** Every object of the chart, in order of deployment. Runs the chart's validations. */
export function manifests(chart: Chart): readonly Json[] {
  return chart.toJson() as Json[];
}

/** A chart of its own that holds what `build` makes. */
export function chartWith(build: (scope: Construct) => unknown): Chart {
  const chart = new Chart(new App(), 'test', { disableResourceNameHashes: true });
  build(chart);
  return chart;
}

export interface ManifestExpectation {
  /** There is exactly one object of this kind and name, and it has at least what `partial` has. */
  toHave(kind: string, name: string, partial?: object): void;
  notToHave(kind: string, name: string): void;
}

export function expectManifest(chart: Chart): ManifestExpectation {
  const all = manifests(chart);
  const find = (kind: string, name: string) =>
    all.filter((object) => object.kind === kind && object.metadata.name === name);
  const names = all.map(({ kind, metadata }) => `${kind}/${metadata.name}`).join(', ');

  return {
    toHave(kind, name, partial = {}) {
      const [found, ...more] = find(kind, name);
      if (found === undefined) throw new Error(`no ${kind}/${name} among ${names}`);
      if (more.length > 0) throw new Error(`${more.length + 1} objects are ${kind}/${name}`);
      expect(found).toMatchObject(partial);
    },
    notToHave(kind, name) {
      if (find(kind, name).length > 0) throw new Error(`${kind}/${name} is there`);
    },
  };
}

/** The one object of this kind and name, to look into. */
export function manifest(chart: Chart, kind: string, name: string): Json {
  expectManifest(chart).toHave(kind, name);
  const found = manifests(chart).find((o) => o.kind === kind && o.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind}/${name}`);
  return found;
}
