/**
 * The programs that run in the cluster as one file each, made in memory: what runs in the pods' stock Node image, with no registry and no npm there.
 * The same sources give the same bytes on every computer: names and paths of the computer that bundles do not get in.
 */
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

/** Source of the programs this project runs in the cluster: one self-contained JavaScript file each. */
export interface Bundles {
  /** The mutating webhook's server. */
  readonly webhook: string;
  /** The certificate rotator. */
  readonly rotator: string;
  /** The gVisor node installer. */
  readonly installer: string;
}

/** Node 20 is the oldest the programs run on; the image in `base/versions.ts` is newer. */
const TARGET = 'node20';

export function bundleSources(): Bundles {
  return bundlePrograms({
    webhook: 'webhook-src/server/webhook-server.ts',
    rotator: 'webhook-src/rotator/certificate-rotator.ts',
    installer: 'installer-src/installer.ts',
  });
}

/** Text by name of the programs whose main files are `entryPoints`, paths from the project's root. */
export function bundlePrograms<Name extends string>(
  entryPoints: Readonly<Record<Name, string>>,
): Readonly<Record<Name, string>> {
  const { outputFiles } = buildSync({
    // Everything below is relative to the project, wherever that is: no path of this computer gets into the text.
    absWorkingDir: join(__dirname, '..'),
    entryPoints,
    outdir: 'out',
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: TARGET,
    format: 'cjs',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const textOf = (name: string): string => {
    const file = outputFiles.find(({ path }) => basename(path) === `${name}.js`);
    if (file === undefined) throw new Error(`esbuild made no ${name}.js`);
    return file.text;
  };
  const names = Object.keys(entryPoints) as Name[];
  return Object.fromEntries(names.map((name) => [name, textOf(name)])) as Record<Name, string>;
}
