/** Hosts for tests: directories that look like a node's root, compared to the byte. */
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files of a host by path. */
export type HostFiles = Readonly<Record<string, string>>;

/** Everything a kubeadm node with containerd `version` of the configuration has that the installer looks at. */
export const CONFIGS = {
  /** As `containerd config default` writes it since 2.2, reduced. */
  'version 3 with drop-ins': {
    '/etc/containerd/config.toml': `version = 3
imports = ["/etc/containerd/conf.d/*.toml"] # of the distribution

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "registry.k8s.io/pause:3.10.2"
`,
    '/etc/containerd/conf.d/10-proxy.toml': 'version = 3\n',
  },
  'version 4 without imports': {
    '/etc/containerd/config.toml': `version = 4
# A comment that has to stay where it is.
[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = "runc"`,
  },
  'version 2': {
    '/etc/containerd/config.toml': `version = 2
imports = []

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.9"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes]
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
          SystemdCgroup = true
`,
  },
  'no configuration': {},
} as const satisfies Record<string, HostFiles>;

const made: string[] = [];

/** A new directory below the system's temporary one, gone after `removeDirectories`. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gvisor-'));
  made.push(directory);
  return directory;
}

export function removeDirectories(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** A host with these files, and the directories every node has. */
export function newHost(files: HostFiles): string {
  const root = newDirectory();
  for (const path of ['/opt', '/etc/containerd', '/run/containerd'])
    mkdirSync(join(root, path), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** What is at every path: kind, permission bits, and content. Sockets are left out: they are the runtime's. */
export function contentOf(root: string, path = '/'): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(root, path))) {
    const inside = join(path, name);
    const stat = lstatSync(join(root, inside));
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) found[inside] = `link to ${readlinkSync(join(root, inside))}`;
    else if (stat.isFile()) found[inside] = `file ${mode} ${fingerprint(join(root, inside))}`;
    else if (stat.isDirectory()) {
      found[inside] = `directory ${mode}`;
      Object.assign(found, contentOf(root, inside));
    }
  }
  return found;
}

function fingerprint(file: string): string {
  const content = readFileSync(file);
  const text = content.length < 2000 ? content.toString('latin1') : '';
  return text || createHash('sha256').update(content).digest('hex');
}
