/** The sources of the Gatekeeper release that the local cluster is built from, as the Go toolchain keeps them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Manifest } from './manifests';

const MODULE = 'github.com/open-policy-agent/gatekeeper/v3';
const TOOLCHAIN = join(__dirname, '../../../local/toolchain/kubernetes');
const DOWNLOAD_TIMEOUT_MS = 300_000;

interface GoModule {
  readonly Version: string;
  readonly Dir: string;
}

/** Downloads the module on the first call on a computer; needs Go, and a module proxy for that call. */
export function officialRelease(): { version: string; read: (path: string) => string } {
  const { Version, Dir } = JSON.parse(goModDownload()) as GoModule;
  return { version: Version, read: (path) => readFileSync(join(Dir, path), 'utf8') };
}

function goModDownload(): string {
  try {
    return execFileSync('go', ['mod', 'download', '-json', MODULE], {
      cwd: TOOLCHAIN,
      encoding: 'utf8',
      timeout: DOWNLOAD_TIMEOUT_MS,
    });
  } catch (cause) {
    throw new Error(
      `the sources of ${MODULE} are not to be had: install Go and allow its module proxy`,
      {
        cause,
      },
    );
  }
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}
