/** Roots of hosts made of files, as `--host-root` finds them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const KERNEL = '6.8.0-45-generic';

export interface FakeHost {
  readonly root: string;
  write(path: string, content: string): void;
  /** A link of the device that is always there, in the place of another one. */
  linkDevice(path: string): void;
  /** A named pipe, on which a careless open waits for ever. */
  makePipe(path: string): void;
  remove(): void;
}

/** A Linux host with these processor flags and nothing else. */
export function fakeHost(cpuFlags = 'fpu vmx sse'): FakeHost {
  const root = mkdtempSync(join(tmpdir(), 'secure-ai-host-'));
  const place = (path: string) => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  const host: FakeHost = {
    root,
    write: (path, content) => writeFileSync(place(path), content),
    linkDevice: (path) => symlinkSync('/dev/null', place(path)),
    makePipe: (path) => execFileSync('mkfifo', [place(path)]),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  host.write('proc/sys/kernel/osrelease', `${KERNEL}\n`);
  host.write('proc/cpuinfo', `processor\t: 0\nflags\t\t: ${cpuFlags}\nbugs\t\t:\n`);
  return host;
}
