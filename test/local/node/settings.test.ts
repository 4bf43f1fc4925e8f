import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { cgroupHierarchies, createCgroup } from '../../../local/node/cgroups';
import { cniConfig, containerdConfig, kubeletConfig } from '../../../local/node/config';
import { corefile, dnsObjects, DNS_ADDRESS } from '../../../local/node/dns';
import { nodeAddress } from '../../../local/node/network';
import { nodeSupport } from '../../../local/node/support';
import { gvisorPrograms, mayLowerOomScore } from '../../../local/node/programs';
import { makeScratch, type Scratch } from '../scratch';

const settings = {
  name: 'node-1',
  address: nodeAddress({ octet: 200, hostLink: 'sai0' }, 1),
  cgroupRoot: '/secure-ai-0/node-1',
  mayLowerOomScore: true,
};

test('containerd imports drop-ins, so that an installer need not edit its configuration', () => {
  expect(containerdConfig(settings)).toContain('imports = ["/etc/containerd/conf.d/*.toml"]');
  expect(containerdConfig(settings)).toMatch(/^version = 3$/m);
});

test('where CAP_SYS_RESOURCE is missing nothing asks for a negative oom_score_adj', () => {
  const config = containerdConfig({ ...settings, mayLowerOomScore: false });
  expect(config).toMatch(/^oom_score = 0$/m);
  expect(config).toContain('restrict_oom_score_adj = true');
  expect(containerdConfig(settings)).not.toMatch(/^oom_score/m);
});

test.each([
  ['000001ffffffffff', true],
  ['000001fffeffffff', false],
  ['0000000000000000', false],
])('CapEff %s: may lower oom_score_adj %s', (capabilities, expected) => {
  expect(mayLowerOomScore(`Name:\tx\nCapEff:\t${capabilities}\nSeccomp:\t0\n`)).toBe(expected);
});

test("gVisor's own shim is used wherever it works", () => {
  expect(gvisorPrograms(true)['containerd-shim-runsc-v1']?.package).toBe('gvisor.dev/gvisor/shim');
  expect(gvisorPrograms(false)['containerd-shim-runsc-v1']?.package).toBe('./shim-unprivileged');
});

test('each kubelet keeps its pods in a cgroup of its own node', () => {
  const config = parse(kubeletConfig(settings)) as { cgroupRoot: string; clusterDNS: string[] };
  expect(config.cgroupRoot).toBe('/secure-ai-0/node-1');
  expect(config.clusterDNS).toEqual([DNS_ADDRESS]);
});

test('pods get their addresses from the range of their node', () => {
  const config = JSON.parse(cniConfig(settings)) as { plugins: { ipam?: { ranges: unknown } }[] };
  expect(config.plugins[0]?.ipam?.ranges).toEqual([[{ subnet: '10.200.1.0/24' }]]);
});

test('the name server forwards only where there is one to forward to', () => {
  expect(corefile(true)).toContain('forward . /etc/resolv.conf');
  expect(corefile(false)).not.toContain('forward');
  expect([...dnsObjects(true).keys()]).toContain(
    '/api/v1/namespaces/kube-system/services/kube-dns',
  );
});

test('cgroup hierarchies of version 1, 2 and both are found, each once', () => {
  const mounts = [
    'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
    'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0',
    'cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0',
    'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
    '/dev/sda / ext4 rw 0 0',
  ].join('\n');
  expect(cgroupHierarchies(mounts)).toEqual(['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/unified']);
});

/** A file tree that looks like a cgroup hierarchy; the kernel would make the files itself. */
function fakeHierarchy(root: string, files: Readonly<Record<string, string>>): string {
  for (const folder of ['', 'secure-ai-0', 'secure-ai-0/node-1', 'secure-ai-0/node-1/system']) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, folder, name), text);
  }
  return root;
}

describe('the cgroup of a node', () => {
  let scratch: Scratch;
  beforeEach(() => (scratch = makeScratch()));
  afterEach(() => scratch.remove());
  const read = (...path: string[]) => readFileSync(join(scratch.folder, ...path), 'utf8');

  test('version 2: every controller is passed on down to the node, not beyond', () => {
    const files = { 'cgroup.controllers': 'cpu memory pids\n', 'cgroup.subtree_control': '' };
    createCgroup('secure-ai-0/node-1', 42, [fakeHierarchy(scratch.folder, files)]);
    expect(read('cgroup.subtree_control')).toBe('+cpu +memory +pids');
    expect(read('secure-ai-0/cgroup.subtree_control')).toBe('+cpu +memory +pids');
    expect(read('secure-ai-0/node-1/cgroup.subtree_control')).toBe('');
    expect(read('secure-ai-0/node-1/system/cgroup.procs')).toBe('42');
  });

  test('version 1 beside 2: nothing is passed on, a cpuset gets the CPUs of its parent', () => {
    const cpuset = { 'cpuset.sched_load_balance': '1', 'cpuset.cpus': '', 'cpuset.mems': '' };
    const first = fakeHierarchy(join(scratch.folder, 'cpuset'), cpuset);
    writeFileSync(join(first, 'cpuset.cpus'), '0-1');
    writeFileSync(join(first, 'cpuset.mems'), '0');
    const files = { 'cgroup.controllers': 'hugetlb\n', 'cgroup.subtree_control': '' };
    const second = fakeHierarchy(join(scratch.folder, 'unified'), files);
    createCgroup('secure-ai-0/node-1', 42, [first, second]);
    expect(read('cpuset/secure-ai-0/node-1/system/cpuset.cpus')).toBe('0-1');
    expect(read('cpuset/secure-ai-0/node-1/system/cpuset.mems')).toBe('0');
    expect(read('unified/cgroup.subtree_control')).toBe('');
    expect(read('unified/secure-ai-0/node-1/system/cgroup.procs')).toBe('42');
  });
});

test('without root the reason is named', () => {
  const support = jest.spyOn(process, 'getuid').mockReturnValue(1000);
  try {
    expect(nodeSupport()).toEqual({
      supported: false,
      reasons: ['user: namespaces and mounts need root; run this as root'],
    });
  } finally {
    support.mockRestore();
  }
});
