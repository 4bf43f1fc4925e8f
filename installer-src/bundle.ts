import { bundlePrograms } from '../webhook-src/bundle';

/** Text of `installer.js`, one file that runs in a stock Node image. */
export function bundleInstaller(): string {
  return bundlePrograms({ installer: 'installer-src/main.ts' }).installer;
}
