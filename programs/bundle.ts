/**
 * Bundles each of the three programs into one JavaScript file, in memory, that runs in a stock Node image without npm or a registry.
 * The same sources give the same bytes on every computer.
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

/** The oldest Node the programs run on; the image in `base/versions.ts` is newer. */
const TARGET = 'node20';

export function bundleSources(): Bundles {
  return bundlePrograms({
    webhook: 'webhook-src/server/webhook-server.ts',
    rotator: 'webhook-src/rotator/certificate-rotator.ts',
    installer: 'installer-src/installer.ts',
  });
}

/** Bundled source by program name. `entryPoints` are the main files, as paths from the project's root. */
export function bundlePrograms<Name extends string>(
  entryPoints: Readonly<Record<Name, string>>,
): Readonly<Record<Name, string>> {
  const { outputFiles } = buildSync({
    // Paths below are relative to the project, so no path of this computer gets into the output.
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
